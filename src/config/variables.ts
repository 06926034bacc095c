import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { endpointFault } from './endpoint-fault.ts';
import { pathText } from './check.ts';
import type { Endpoint, OAuthSettings } from './host-config.ts';

/** What variables are looked up in. */
export interface VariableSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The config's folder: `${workspaceFolder}`, and what relative paths are relative to. */
  readonly directory: string;
}

/** Why one variable has no value. */
interface VariableProblem {
  /** The environment variable's name, or what stands between `${` and `}` where that is none. */
  readonly variable: string;
  /** `true`: its only fault is that it is not set. */
  readonly unset: boolean;
  /** For people; a whole clause that names the variable. */
  readonly reason: string;
}

export type Expansion =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'failed'; readonly problems: readonly VariableProblem[] };

export type EndpointExpansion =
  | { readonly kind: 'ok'; readonly endpoint: Endpoint }
  | {
      readonly kind: 'failed';
      /** For people: every variable that is not set, and where it is used. Holds no values. */
      readonly reason: string;
      /** The environment variables that are not set. */
      readonly unset: readonly string[];
    };

/** Defaults within defaults, no deeper than this. */
const MAX_DEPTH = 8;

/**
 * Expands `${env:NAME}`, `${NAME}`, `${workspaceFolder}` and `${userHome}`; `${NAME:-default}` stands for its default when NAME is unset or empty.
 * A value is put in as it is: a `$` in it means nothing. `${` before anything but a letter or `_` (`${1}`, `${{`) is plain text.
 */
export function expand(text: string, source: VariableSource): Expansion {
  const problems: VariableProblem[] = [];
  const expanded = expandPart(text, 0, { source, problems });
  return problems.length === 0 ? { kind: 'ok', text: expanded } : { kind: 'failed', problems };
}

/** Whether {@link expand} would look anything up. */
export function hasVariables(text: string): boolean {
  return /\$\{[A-Za-z_]/u.test(text);
}

/**
 * An endpoint ready for use: all its variables expanded, `cwd` absolute, a `command` that is a relative path made absolute. Fails with what a
 * person must mend: unset variables by name, and values that cannot be sent.
 */
export function expandEndpoint(endpoint: Endpoint, source: VariableSource): EndpointExpansion {
  const problems: (VariableProblem & { readonly where: string })[] = [];
  const put: Put = (text, path) => {
    const result = expand(text, source);
    if (result.kind === 'ok') return result.text;
    for (const problem of result.problems) problems.push({ ...problem, where: pathText(path) });
    return '';
  };
  const putAll = (record: Readonly<Record<string, string>>, key: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(record).map(([name, text]) => [name, put(text, [key, name])]),
    );

  const expanded: Endpoint =
    endpoint.kind === 'stdio'
      ? {
          kind: 'stdio',
          command: absoluteCommand(put(endpoint.command, ['command']), source.directory),
          args: endpoint.args.map((text, index) => put(text, ['args', index])),
          env: putAll(endpoint.env, 'env'),
          cwd: resolve(source.directory, put(endpoint.cwd, ['cwd'])),
        }
      : {
          kind: endpoint.kind,
          url: put(endpoint.url, ['url']),
          headers: putAll(endpoint.headers, 'headers'),
          ...(endpoint.oauth !== undefined && {
            oauth: expandOAuth(endpoint.oauth, put),
          }),
        };

  if (problems.length > 0) {
    const reasons = problems.map(({ reason, where }) => `${reason} (in ${where})`);
    const unset = problems.filter((problem) => problem.unset).map(({ variable }) => variable);
    return { kind: 'failed', reason: reasons.join('; '), unset: [...new Set(unset)] };
  }
  const fault = endpointFault(expanded, 'expanded');
  if (fault !== undefined) {
    const reason = `${pathText(fault.path)} ${fault.message} (after its variables were expanded)`;
    return { kind: 'failed', reason, unset: [] };
  }
  return { kind: 'ok', endpoint: expanded };
}

type Put = (text: string, path: readonly (string | number)[]) => string;

function expandOAuth(settings: OAuthSettings, put: Put): OAuthSettings {
  const texts = ['issuer', 'clientId', 'clientSecret', 'privateKey', 'clientMetadataUrl'] as const;
  const expanded = { ...settings };
  for (const key of texts) {
    const text = settings[key];
    if (text !== undefined) expanded[key] = put(text, ['oauth', key]);
  }
  const scopes = settings.scopes.map((scope, index) => put(scope, ['oauth', 'scopes', index]));
  return { ...expanded, scopes };
}

interface Expanding {
  readonly source: VariableSource;
  readonly problems: VariableProblem[];
}

function expandPart(text: string, depth: number, run: Expanding): string {
  let result = '';
  let from = 0;
  for (;;) {
    const start = text.indexOf('${', from);
    if (start < 0) return result + text.slice(from);
    result += text.slice(from, start);
    from = start + 2;
    if (!/^[A-Za-z_]/u.test(text.slice(from, from + 1))) {
      result += '${';
      continue;
    }
    const end = closingBrace(text, from);
    if (end === undefined) {
      const variable = text.slice(from, from + 40);
      run.problems.push({
        variable,
        unset: false,
        reason: `"\${${variable}" is never closed: "}" is missing`,
      });
      return result;
    }
    result += valueOf(text.slice(from, end), depth, run);
    from = end + 1;
  }
}

/** The `}` that belongs to the `${` before `from`. */
function closingBrace(text: string, from: number): number | undefined {
  let open = 1;
  for (let index = from; index < text.length; index += 1) {
    if (text.startsWith('${', index)) open += 1;
    else if (text[index] === '}') open -= 1;
    if (open === 0) return index;
  }
  return undefined;
}

function valueOf(inner: string, depth: number, run: Expanding): string {
  if (inner === 'workspaceFolder') return run.source.directory;
  if (inner === 'userHome') return homedir();
  // With `env:` a name may hold what Windows allows, such as `ProgramFiles(x86)`.
  const match = /^(?:env:([^:=${}]+)|(\w+))(?::-(.*))?$/su.exec(inner);
  const name = match?.[1] ?? match?.[2];
  if (match === null || name === undefined) {
    return fail(run, { variable: inner, unset: false, reason: whyNot(inner) });
  }
  // `process.env` inherits from Object.prototype: a variable called `constructor` must not be found there.
  const found: unknown = run.source.env[name];
  const value = typeof found === 'string' ? found : undefined;
  const fallback = match[3];
  if (fallback === undefined) {
    const reason = `the environment variable ${name} is not set`;
    return value ?? fail(run, { variable: name, unset: true, reason });
  }
  if (value !== undefined && value !== '') return value;
  if (depth < MAX_DEPTH) return expandPart(fallback, depth + 1, run);
  const reason = `the default of ${name} nests too deep`;
  return fail(run, { variable: name, unset: false, reason });
}

function fail(run: Expanding, problem: VariableProblem): string {
  run.problems.push(problem);
  return '';
}

function whyNot(inner: string): string {
  const shown = `"\${${inner.length > 40 ? `${inner.slice(0, 39)}…` : inner}}"`;
  return inner.startsWith('input:')
    ? `${shown} is not supported, for inputs are not asked for: use \${env:NAME}`
    : `${shown} is no variable that is known here: use \${env:NAME}, \${NAME} or \${NAME:-default}`;
}

/** A bare name is looked for on the PATH; a relative path is, like all in a config, relative to the config's folder. */
function absoluteCommand(command: string, directory: string): string {
  const isPath = command.includes('/') || (process.platform === 'win32' && command.includes('\\'));
  return isPath ? resolve(directory, command) : command;
}
