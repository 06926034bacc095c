import { resolve } from 'node:path';
import { isJsonObject } from '../base/json.ts';
import { serverId } from '../call/names.ts';
import { check, pathText, type Problem } from './check.ts';
import type { Path } from './config-text.ts';
import { endpointFault, isPlaintext } from './endpoint-fault.ts';
import type { Endpoint, ServerConfig, Timeouts, ToolSettings } from './host-config.ts';
import { oauthFault, oauthSettings } from './oauth-schema.ts';
import { prefixFault, prefixFromKey } from './prefix.ts';
import { serverSchema, type ServerEntry } from './server-schema.ts';
import { hasVariables } from './variables.ts';

/** One server's entry, read. */
export interface NormalisedServer {
  readonly result:
    | { readonly kind: 'usable'; readonly server: ServerConfig }
    | { readonly kind: 'disabled' }
    | { readonly kind: 'wrong'; readonly problems: readonly Problem[] };
  readonly notices: readonly Problem[];
}

/** Reads the entry of one server, which stands at `path`. */
export function normaliseServer(entry: unknown, path: Path, directory: string): NormalisedServer {
  const disabled = isJsonObject(entry) && entry['disabled'] === true;
  const checked = check(serverSchema, entry, path);
  const notices = checked.unknown;
  if (disabled) return { result: { kind: 'disabled' }, notices };
  if (checked.kind === 'wrong') return { result: checked, notices };

  const key = String(path.at(-1));
  const fields = checked.value;
  const problems: Problem[] = [];
  const report = (at: Path, message: string): void => {
    const full = [...path, ...at];
    const part = at.length === 0 ? 'key' : 'value';
    problems.push({ path: full, part, message: `${pathText(full)} ${message}` });
  };
  if (key === '') report([], 'has an empty name');
  const prefix = fields.prefix ?? prefixFromKey(key);
  const prefixProblem = prefixFault(prefix);
  if (prefixProblem !== undefined) report(['prefix'], prefixProblem);
  const endpoint = endpointOf(fields, directory);
  if ('message' in endpoint) {
    const hints = notices.map(({ message }) => message).join('; ');
    report(endpoint.path, hints === '' ? endpoint.message : `${endpoint.message} (${hints})`);
    return { result: { kind: 'wrong', problems }, notices };
  }
  const fault = endpointFault(endpoint, 'written');
  if (fault !== undefined) report(fault.path, fault.message);
  if (problems.length > 0) return { result: { kind: 'wrong', problems }, notices };

  return {
    result: { kind: 'usable', server: serverOf(key, prefix, { fields, endpoint, directory }) },
    notices: [...notices, ...noticesFor(fields, endpoint, path)],
  };
}

interface Misfit {
  readonly path: Path;
  readonly message: string;
}

/** How the server is reached, if its fields agree on that. */
function endpointOf(fields: ServerEntry, directory: string): Endpoint | Misfit {
  const { type, command, url } = fields;
  if (command !== undefined && url !== undefined) {
    return {
      path: ['url'],
      message: 'stands beside "command": keep "command" to start a program, or "url" to reach one',
    };
  }
  if (command !== undefined) {
    if (type !== undefined && type !== 'stdio') {
      return { path: ['type'], message: `is "${type}", which needs a "url", not a "command"` };
    }
    // A path that begins with a variable may be absolute: `expandEndpoint` resolves it.
    const cwd = fields.cwd ?? '.';
    return {
      kind: 'stdio',
      command,
      args: fields.args,
      env: fields.env,
      cwd: hasVariables(cwd) ? cwd : resolve(directory, cwd),
    };
  }
  if (url !== undefined) {
    if (type === 'stdio') {
      return { path: ['type'], message: 'is "stdio", which needs a "command", not a "url"' };
    }
    const oauth = fields.oauth && oauthSettings(fields.oauth);
    const misfit = oauth && oauthFault(oauth);
    if (misfit !== undefined) return { ...misfit, path: ['oauth', ...misfit.path] };
    return {
      kind: type === 'sse' ? 'sse' : 'http',
      url,
      headers: fields.headers,
      ...(oauth !== undefined && { oauth }),
    };
  }
  return {
    path: [],
    message: 'needs a "command" (a program to start) or a "url" (a server to reach)',
  };
}

interface Parts {
  readonly fields: ServerEntry;
  readonly endpoint: Endpoint;
  readonly directory: string;
}

function serverOf(key: string, prefix: string, parts: Parts): ServerConfig {
  const { fields, endpoint, directory } = parts;
  const { include, exclude, ...tools } = fields.tools;
  const rate = fields.rate;
  return {
    kind: 'server',
    id: serverId(key),
    prefix,
    endpoint,
    protocol: fields.protocol,
    start: fields.start,
    isolation: fields.isolation,
    parallel: fields.parallel,
    maxInFlight: fields.maxInFlight ?? Infinity,
    rate:
      rate === undefined
        ? undefined
        : { perSecond: rate.perSecond, burst: rate.burst ?? Math.ceil(rate.perSecond) },
    resource: fields.resource ?? key,
    timeouts: timeoutsOf(fields.timeouts),
    include,
    exclude,
    tools: new Map(Object.entries(tools).map(([name, settings]) => [name, toolOf(settings)])),
    ...(fields.sampling !== undefined && { sampling: fields.sampling }),
    ...(fields.roots !== undefined && {
      roots: fields.roots.map((folder) => resolve(directory, folder)),
    }),
  };
}

function timeoutsOf(fields: ServerEntry['timeouts']): Timeouts {
  return {
    queueMs: fields.queueMs ?? Infinity,
    connectMs: fields.connectMs ?? Infinity,
    attemptMs: fields.attemptMs ?? Infinity,
    idleMs: fields.idleMs ?? Infinity,
    totalMs: fields.totalMs ?? Infinity,
  };
}

function toolOf(fields: ServerEntry['tools'][string]): ToolSettings {
  const { timeoutMs, ...settings } = fields;
  return timeoutMs === undefined ? settings : { ...settings, timeoutMs: timeoutMs ?? Infinity };
}

function noticesFor(fields: ServerEntry, endpoint: Endpoint, path: Path): Problem[] {
  const notices: Problem[] = [];
  const notice = (key: string, message: string): void => {
    const full = [...path, key];
    notices.push({ path: full, part: 'key', message: `${pathText(full)} ${message}` });
  };
  if (endpoint.kind === 'stdio') {
    if (Object.keys(fields.headers).length > 0) {
      notice('headers', 'is ignored: this server is a program, which is sent no headers');
    }
    if (fields.oauth !== undefined) {
      notice('oauth', 'is ignored: this server is a program; its "env" can give it credentials');
    }
    return notices;
  }
  if (fields.args.length > 0) notice('args', 'is ignored: this server is reached by its url');
  if (fields.cwd !== undefined) notice('cwd', 'is ignored: this server is reached by its url');
  if (Object.keys(fields.env).length > 0) {
    notice('env', 'is ignored: this server is reached by its url');
  }
  if (isPlaintext(endpoint.url)) {
    notice('url', 'is http, not https: headers, arguments and results can be read on their way');
  }
  return notices;
}
