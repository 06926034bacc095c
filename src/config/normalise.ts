import { resolve } from 'node:path';
import { isJsonObject } from '../base/json.ts';
import { serverId } from '../call/names.ts';
import { check, pathText, type Problem } from './check.ts';
import type { ConfigDocument, DuplicateKey, Path, Position } from './config-text.ts';
import { urlFault } from './endpoint-fault.ts';
import {
  DEFAULT_MODEL,
  type ConfigSource,
  type HostConfig,
  type ModelConfig,
  type PolicyConfig,
  type ServerConfig,
  type UnusableServer,
} from './host-config.ts';
import { normaliseServer } from './normalise-server.ts';
import { matchesNoName } from './policy.ts';
import { byPosition, Reading } from './reading.ts';
import { outerSchema, type OuterConfig } from './schema.ts';
import { expand, type VariableSource } from './variables.ts';

const SERVER_LISTS = ['mcpServers', 'servers'] as const;

/**
 * Makes the strict, complete config out of a parsed one. A fault in one server's entry makes that server unusable; any other fault throws a HostError
 * `config` that lists them all. Unknown keys are notices. Of the environment only what `model` names is read.
 */
export function normalise(
  document: ConfigDocument,
  source: ConfigSource,
  env: VariableSource['env'],
): HostConfig {
  const reading = new Reading(document);
  for (const duplicate of document.duplicates) {
    if (!isInServer(duplicate.path)) reading.problem(problemOf(duplicate), duplicate.position);
  }
  const outer = outerOf(reading);
  const model = modelOf(outer.model, reading, { env, directory: source.directory });
  const servers = serversOf(reading, source.directory);
  noticeGlobs(outer.policy, reading);
  const { error } = reading;
  if (error !== undefined) throw error;
  return {
    source,
    model,
    servers,
    limits: { ...outer.limits, batchMs: outer.limits.batchMs ?? Infinity },
    policy: outer.policy,
    sampling: { ...outer.sampling, timeoutMs: outer.sampling.timeoutMs ?? Infinity },
    roots: outer.roots.map((folder) => resolve(source.directory, folder)),
    notices: reading.notices,
  };
}

/** Everything but the servers. Throws if that is wrong: the rest cannot be read then. */
function outerOf(reading: Reading): OuterConfig {
  const { value } = reading.document;
  const checked = check(outerSchema, value, []);
  for (const unknown of checked.unknown) {
    const isStray = isJsonObject(value) && looksLikeServer(value[String(unknown.path[0])]);
    const hint = isStray ? '; it looks like a server, and those stand under "mcpServers"' : '';
    reading.notice(hint === '' ? unknown : { ...unknown, message: `${unknown.message}${hint}` });
  }
  if (checked.kind === 'wrong') for (const problem of checked.problems) reading.problem(problem);
  const { error } = reading;
  if (checked.kind === 'ok' && error === undefined) return checked.value;
  throw error;
}

function looksLikeServer(value: unknown): boolean {
  return isJsonObject(value) && ('command' in value || 'url' in value);
}

/** All servers, in the order of the text. */
function serversOf(reading: Reading, directory: string): (ServerConfig | UnusableServer)[] {
  const { value, locate } = reading.document;
  const entries: { readonly path: Path; readonly entry: unknown; readonly position: Position }[] =
    [];
  for (const list of SERVER_LISTS) {
    const servers = isJsonObject(value) ? value[list] : undefined;
    if (!isJsonObject(servers)) continue;
    for (const [key, entry] of Object.entries(servers)) {
      const path = [list, key];
      entries.push({ path, entry, position: locate(path, 'key') });
    }
  }
  // An object would give keys such as "10" and "9" in the order of numbers.
  entries.sort((a, b) => byPosition(a.position, b.position));
  if (entries.length === 0) {
    reading.notice({ path: [], part: 'value', message: 'no server is named: add "mcpServers"' });
  }
  compareKeys(
    reading,
    entries.map(({ path }) => path),
  );

  const owners = new Map<string, Path>();
  return entries.map(({ path, entry }) => {
    const server = serverOf(reading, { path, entry, directory });
    if (server.kind === 'unusable') return server;
    const owner = owners.get(server.prefix);
    if (owner === undefined) owners.set(server.prefix, path);
    else if (owner.at(-1) !== path.at(-1)) {
      reading.problem(samePrefix(server.prefix, path, owner));
    }
    return server;
  });
}

interface Entry {
  readonly path: Path;
  readonly entry: unknown;
  readonly directory: string;
}

function serverOf(
  reading: Reading,
  { path, entry, directory }: Entry,
): ServerConfig | UnusableServer {
  const id = serverId(String(path.at(-1)));
  const { result, notices } = normaliseServer(entry, path, directory);
  for (const notice of notices) reading.notice(notice);
  if (result.kind === 'disabled') {
    return { kind: 'unusable', id, reason: 'disabled in the config', intended: true };
  }
  const duplicates = reading.document.duplicates
    .filter(
      (duplicate) =>
        isInServer(duplicate.path) && pathText(duplicate.path.slice(0, 2)) === pathText(path),
    )
    .map((duplicate) => reading.placed(duplicateText(duplicate), duplicate.position));
  if (result.kind === 'usable' && duplicates.length === 0) {
    const { line } = reading.document.locate(path, 'key');
    const place = line === 0 ? {} : { place: `${reading.document.name}:${String(line)}` };
    return { ...result.server, ...place };
  }
  const wrong = result.kind === 'wrong' ? [reading.describe(result.problems)] : [];
  return { kind: 'unusable', id, reason: [...wrong, ...duplicates].join('; '), intended: false };
}

/** One key in both lists is an error; keys that differ only by case are allowed, but hardly meant. */
function compareKeys(reading: Reading, paths: readonly Path[]): void {
  const exact = new Map<string, Path>();
  const folded = new Map<string, Path>();
  for (const path of paths) {
    const key = String(path.at(-1));
    const twin = exact.get(key);
    const sibling = folded.get(key.toLowerCase());
    if (twin !== undefined) {
      const message = `${pathText(path)} and ${pathText(twin)} are one name for two servers: rename or remove one`;
      reading.problem({ path, part: 'key', message });
    } else if (sibling !== undefined) {
      const message = `${pathText(path)} and ${pathText(sibling)} differ only by upper and lower case`;
      reading.notice({ path, part: 'key', message });
    }
    exact.set(key, path);
    folded.set(key.toLowerCase(), path);
  }
}

function samePrefix(prefix: string, path: Path, owner: Path): Problem {
  const what =
    prefix === ''
      ? 'both have no prefix ("prefix": ""), which at most one server may have'
      : `both have the prefix "${prefix}"`;
  return {
    path,
    part: 'key',
    message: `${pathText(path)} and ${pathText(owner)} ${what}: set another "prefix" for one of them`,
  };
}

function isInServer(path: Path): boolean {
  return path.length > 2 && SERVER_LISTS.some((list) => list === path[0]);
}

function duplicateText({ path }: DuplicateKey): string {
  return `${pathText(path)} is given twice: remove one`;
}

function problemOf(duplicate: DuplicateKey): Problem {
  return { path: duplicate.path, part: 'key', message: duplicateText(duplicate) };
}

function modelOf(
  fields: OuterConfig['model'],
  reading: Reading,
  source: VariableSource,
): ModelConfig {
  const problem = (key: string, message: string): void => {
    const path = ['model', key];
    reading.problem({ path, part: 'value', message: `${pathText(path)} ${message}` });
  };
  /** An unset variable, and what expands to nothing, counts as not given. */
  const given = (key: 'name' | 'baseURL' | 'apiKeyEnv'): string | undefined => {
    const expansion = expand(fields[key] ?? '', source);
    if (expansion.kind === 'ok') return expansion.text === '' ? undefined : expansion.text;
    for (const { unset, reason } of expansion.problems)
      if (!unset) problem(key, `holds a variable that cannot be used: ${reason}`);
    return undefined;
  };
  const baseURL = given('baseURL');
  const fault = baseURL === undefined ? undefined : urlFault(baseURL);
  if (fault !== undefined) problem('baseURL', fault);
  const apiKeyEnv = given('apiKeyEnv') ?? 'OPENAI_API_KEY';
  if (!/^[A-Za-z_]\w*$/u.test(apiKeyEnv)) {
    problem('apiKeyEnv', 'must be the NAME of an environment variable, not the key itself');
  }
  return {
    name: given('name') ?? DEFAULT_MODEL,
    api: fields.api,
    baseURL,
    apiKeyEnv,
    batchHint: fields.batchHint,
  };
}

function noticeGlobs(policy: PolicyConfig, reading: Reading): void {
  for (const list of ['allow', 'ask', 'deny'] as const) {
    for (const [index, glob] of policy[list].entries()) {
      if (!matchesNoName(glob)) continue;
      const path = ['policy', list, index];
      const message = `${pathText(path)} can match no tool: exposed names look like prefix__tool, of letters, digits, "_" and "-"`;
      reading.notice({ path, part: 'value', message });
    }
  }
}
