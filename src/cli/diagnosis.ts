import { existsSync } from 'node:fs';
import type { ServerNotice, ServerState } from '../call/events.ts';
import type { Tool } from '../call/tool.ts';
import type { Endpoint, HostConfig, ServerConfig, UnusableServer } from '../config/host-config.ts';
import { expandEndpoint } from '../config/variables.ts';
import type { ServerStatus } from '../host/host.ts';
import { withoutName } from '../record/state-words.ts';
import { commandExists } from './command-exists.ts';
import { shellWord } from './shell-word.ts';
import { unmatchedEntries } from './unmatched.ts';

/** Something that is wrong, and what to do about it. */
export interface Trouble {
  /** An `error` fails the check; with a `warning` things work, but not all or not well. */
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly mend: string;
}

/** One server as `doctor` found it. Texts may quote the server: untrusted. */
export interface ServerDiagnosis {
  readonly name: string;
  readonly state: ServerState['kind'];
  /** `null`, like what follows, for a server that is not ready. */
  readonly era: 'legacy' | 'modern' | null;
  readonly protocolVersion: string | null;
  readonly tools: number | null;
  /** From its start until its tools were listed. */
  readonly readyMs: number | null;
  readonly problems: readonly Trouble[];
}

export interface Findings {
  readonly config: HostConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly statuses: readonly ServerStatus[];
  readonly notices: readonly ServerNotice[];
  readonly tools: readonly Tool[];
}

/** More than this about one server is said to its maker, not here. */
const MAX_NOTICES = 20;

/** What is to be said about each server, in file order. */
export function diagnose(findings: Findings): readonly ServerDiagnosis[] {
  return findings.config.servers.map((server): ServerDiagnosis => {
    const state = findings.statuses.find(({ id }) => id === server.id)?.state ?? { kind: 'closed' };
    const ready = state.kind === 'ready' ? state : undefined;
    const notices = findings.notices.filter((notice) => notice.server === server.id);
    return {
      name: server.id,
      state: state.kind,
      era: ready === undefined ? null : eraOf(ready.protocolVersion),
      protocolVersion: ready?.protocolVersion ?? null,
      tools: ready?.tools ?? null,
      readyMs: ready === undefined ? null : Math.round(ready.readyMs),
      problems: [
        ...stateTrouble(server, state, findings),
        ...(ready?.tools === 0 ? [NO_TOOLS] : []),
        ...(server.kind === 'server' ? unmatchedEntries(server, findings).map(unmatched) : []),
        ...notices.slice(0, MAX_NOTICES).map(noticeTrouble),
      ],
    };
  });
}

/** The first version of the protocol without a handshake. Source: MCP specification, 2026-07-28. */
const MODERN_SINCE = '2026-07-28';

/** Versions are dates: text order is time order. A server that names no version we know is of the old era. */
function eraOf(version: string): 'legacy' | 'modern' {
  return /^\d{4}-\d{2}-\d{2}/u.test(version) && version >= MODERN_SINCE ? 'modern' : 'legacy';
}

const NO_TOOLS: Trouble = {
  severity: 'warning',
  what: 'it has no tools',
  mend: 'see whether it needs arguments, a key or a login to offer them, or "tools": {"include", "exclude"} leave none',
};

function stateTrouble(
  server: ServerConfig | UnusableServer,
  state: ServerState,
  findings: Findings,
): readonly Trouble[] {
  if (state.kind === 'ready' || state.kind === 'disabled') return [];
  if (state.kind === 'backing-off') {
    const mend = 'it is started again by itself; its last words tell what to mend';
    return [error(withoutName(server.id, state.reason), mend)];
  }
  if (state.kind !== 'failed') {
    const what = `it was still ${state.kind} when the check ended`;
    return [error(what, 'let the check run to its end, or lower its "timeouts": {"connectMs"}')];
  }
  if (server.kind === 'unusable') {
    return [error(state.reason, 'correct its entry there: the other servers are not affected')];
  }
  const { directory } = findings.config.source;
  const expansion = expandEndpoint(server.endpoint, { env: findings.env, directory });
  const mend =
    expansion.kind === 'failed'
      ? mendVariables(expansion.unset)
      : (state.hint ?? mendEndpoint(server, expansion.endpoint, findings.env['PATH']));
  const place = server.place === undefined ? '' : `\nits entry: ${server.place}`;
  return [error(withoutName(server.id, state.reason), `${mend}${place}`)];
}

function mendVariables(unset: readonly string[]): string {
  const [name] = unset;
  if (name === undefined) return 'correct the value, or the variable that it comes from';
  const all = unset.map((each) => `export ${each}=…`).join('; ');
  return `set ${unset.length === 1 ? 'it' : 'them'} before the start (${all}), or give a default: \${${name}:-…}`;
}

/** As written in the config, variables and all: a secret that was put into one is not shown. */
function mendEndpoint(
  { endpoint }: ServerConfig,
  expanded: Endpoint,
  path: string | undefined,
): string {
  if (endpoint.kind !== 'stdio' || expanded.kind !== 'stdio') {
    const url = endpoint.kind === 'stdio' ? '' : endpoint.url;
    return `see what is there: curl -i ${shellWord(url)}; "url", "headers" and "type" must be those of its MCP endpoint`;
  }
  if (!existsSync(expanded.cwd)) {
    return `make the folder, or correct "cwd": ${shellWord(endpoint.cwd)}`;
  }
  if (!commandExists(expanded.command, expanded.cwd, expanded.env['PATH'] ?? path)) {
    return `install it, or correct "command": which ${shellWord(endpoint.command)} must find it`;
  }
  const command = [endpoint.command, ...endpoint.args].map(shellWord).join(' ');
  return `run it by itself to see more: cd ${shellWord(endpoint.cwd)} && ${command}`;
}

const MENDS: Readonly<Record<string, string>> = {
  'tool-dropped': 'tell its maker, or leave the tool out with "tools": {"exclude": […]}',
  'tool-repaired': 'nothing to do here; its maker should know',
  'tool-duplicate': 'tell its maker: one of the two cannot be called',
  'tool-list-cut': 'tell its maker; if all its tools are needed, look at its log',
  'stdout-junk':
    'its logs belong on stderr: look for an option that says so, or for a wrapper such as npm run that prints (npm run --silent)',
  'no-list-changes': 'start anew when its tools have changed',
};

function noticeTrouble({ code, message }: ServerNotice): Trouble {
  const mend = (Object.hasOwn(MENDS, code) ? MENDS[code] : undefined) ?? 'tell its maker';
  return { severity: 'warning', what: message, mend };
}

function unmatched(what: string): Trouble {
  return { severity: 'warning', what, mend: 'correct the name, or remove the entry' };
}

function error(what: string, mend: string): Trouble {
  return { severity: 'error', what, mend };
}
