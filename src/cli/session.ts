import { sleep } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import { DisposableStack } from '../base/disposables.ts';
import type { Elicit } from '../call/asks.ts';
import type { HostEvent } from '../call/events.ts';
import type { HostConfig, ParallelMode } from '../config/host-config.ts';
import { secretsOf } from '../config/secrets.ts';
import type { Host, ServerStatus } from '../host/host.ts';
import { openLoaded } from '../host/open-host.ts';
import { openLog, tells } from '../record/log.ts';
import { redactor, type Redact } from '../record/redact.ts';
import { openTraceFile } from '../record/trace-file.ts';
import { duration } from '../record/duration.ts';
import { authorizeOnTerminal } from './authorize.ts';
import { canAsk, type Context } from './context.ts';
import { LateProgress } from './late-progress.ts';
import { tellNotices } from './notices.ts';
import { plainProgress } from './plain-progress.ts';
import { NO_PROGRESS, type Progress } from './progress.ts';
import { Questions } from './questions.ts';
import { unmatchedEntries, unmatchedGlobs } from './unmatched.ts';

export interface SessionOptions {
  /** Only these servers, by config key. Default: all of the config. */
  readonly servers?: readonly string[] | undefined;
  readonly parallel?: ParallelMode | undefined;
  /** The file of `--trace`. */
  readonly trace?: string | undefined;
  /** Whether failed calls are told with their reasons: where no result shows them. */
  readonly tellFailures: boolean;
  /** Receives every event in place of the notices on stderr: for a command whose result tells what is wrong with a server. */
  readonly onEvent?: (event: HostEvent) => void;
}

/** A host that was opened for one command, and what was seen of it. */
export interface Session {
  readonly host: Host;
  /** Whether any server was ready at any time. */
  readonly reached: () => boolean;
  /** What is asked of whoever sits at the terminal goes through here. */
  readonly questions: Questions;
  /** Takes out of what is written the secrets of the config and its environment. */
  readonly redact: Redact;
}

/**
 * Opens a host with everything that listens to it (progress, notices, log, trace), hands it to `use`, and closes all of it, whatever happens.
 * The servers are starting then; nobody has waited for any.
 */
export async function withHost<T>(
  context: Context,
  { config, options }: { readonly config: HostConfig; readonly options: SessionOptions },
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const { terminal, env, flags, interrupt } = context;
  const stack = new DisposableStack();
  try {
    const redact = redactor(secretsOf(config, env));
    const listeners: ((event: HostEvent) => void)[] = [];
    const progress = stack.use(new LateProgress(openProgress(context, options)));
    const { servers } = config;
    const tell = tellNotices(terminal, { level: flags.logLevel, servers, redact });
    listeners.push(progress.listen, options.onEvent ?? tell);
    const log = await openLog({
      level: flags.logLevel,
      redact,
      writeLine: (line) => {
        terminal.note(line);
      },
    });
    if (log !== undefined) listeners.push(log);
    if (options.trace !== undefined) {
      const onWarning = (message: string): void => {
        terminal.note(`${terminal.err.warn('!')} ${visibleLine(message)}`);
      };
      listeners.push(stack.use(await openTraceFile(options.trace, { redact, onWarning })).write);
    }
    interrupt.signal.throwIfAborted();
    const questions = new Questions();
    let reached = false;
    const onAuthorize = authorizeOnTerminal(context);
    const host = await openLoaded(config, {
      env,
      wait: 'none',
      ...(onAuthorize === undefined ? {} : { onAuthorize }),
      ...(options.servers === undefined ? {} : { servers: options.servers }),
      ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
      // Elsewhere nobody could answer: then servers are not offered it (elicitation).
      ...(canAsk(context) && { onElicit: elicitOnTerminal(context, questions) }),
      onEvent: (event) => {
        if (event.kind === 'connection-change' && event.state.kind === 'ready') reached = true;
        for (const listener of listeners) listener(event);
      },
    });
    stack.use(host);
    if (options.onEvent === undefined) tellUnusable(host, tell);
    await progress.loaded;
    return await use({ host, reached: () => reached, questions, redact });
  } finally {
    // Closing a connection drops what it has not sent yet: the cancellations must be on their way by then.
    if (interrupt.signal.aborted) await sleep(CANCEL_MS);
    await stack.dispose();
  }
}

/** What a cancellation may take to leave for its server, ms. */
const CANCEL_MS = 100;

/** Waits for the servers as `run` and `tools` do, and names those that are still missing after that. An abort ends the wait. */
export async function waitForServers(context: Context, host: Host): Promise<void> {
  const since = performance.now();
  const statuses = await host.ready({ signal: context.interrupt.signal });
  if (context.interrupt.signal.aborted) return;
  const ms = duration(performance.now() - since);
  for (const status of statuses) {
    if (status.state.kind !== 'connecting') continue;
    const isAwaited = startOf(host.config, status) !== 'background';
    // As its config has it.
    if (!isAwaited && isRemembered(status)) continue;
    const how = isRemembered(status) ? 'with its tools as remembered' : 'without it';
    const why = isAwaited ? 'limits.patienceMs in the config waits longer' : 'it is "background"';
    context.terminal.note(
      `${context.terminal.err.warn('!')} ${visibleLine(status.id, 64)}: still connecting after ${ms}; going on ${how} (${why})`,
    );
  }
}

/** When the config has a server started. */
function startOf({ servers }: HostConfig, { id }: ServerStatus): string | undefined {
  const server = servers.find((one) => one.id === id);
  return server?.kind === 'server' ? server.start : undefined;
}

/** Whether a server's tools are listed as an earlier process found them. */
export function isRemembered({ rememberedAt }: ServerStatus): boolean {
  return rememberedAt !== undefined;
}

/** What of the config names no tool. With only some of the servers, its globs may be for the others. */
export function tellUnmatched(
  { terminal, flags: { logLevel } }: Context,
  host: Host,
  flags: { readonly server?: readonly string[] },
): void {
  if (!tells(logLevel, 'warn')) return;
  const found = { config: host.config, tools: host.tools(), statuses: host.servers() };
  const globs = flags.server === undefined ? unmatchedGlobs(found) : [];
  const entries = host.config.servers.flatMap((server) =>
    server.kind === 'server'
      ? unmatchedEntries(server, found).map((text) => `${server.id}: ${text}`)
      : [],
  );
  for (const text of [...globs, ...entries]) {
    terminal.note(`${terminal.err.warn('!')} ${visibleLine(text, 500)}`);
  }
}

/** Throws HostError `no-server`; `config` where the config names none. */
export function assertReached(host: Host, reached: boolean): void {
  if (reached) return;
  const statuses = host.servers();
  if (statuses.length === 0) {
    const { path } = host.config.source;
    const where = path === undefined ? 'the config' : visibleLine(path, 500);
    throw new HostError(
      'config',
      `${where} names no server: add one under "mcpServers", or begin with a working config: mcp-fanout init`,
    );
  }
  const named = (these: readonly ServerStatus[]): string =>
    these.map(({ id }) => visibleLine(id, 64)).join(', ');
  const tried = statuses.filter(({ state }) => state.kind !== 'disabled');
  const how =
    tried.length === 0
      ? `all in the config are disabled: ${named(statuses)}`
      : `tried ${named(tried)}`;
  throw new HostError('no-server', `no server could be reached: ${how}`);
}

async function openProgress(context: Context, options: SessionOptions): Promise<Progress> {
  const { terminal, flags } = context;
  if (flags.logLevel === 'silent') return NO_PROGRESS;
  if (!terminal.canDraw || flags.json === true) return plainProgress(terminal);
  const [{ Screen }] = await Promise.all([import('./screen.ts'), terminal.prepareFrames()]);
  return new Screen(terminal, { tellFailures: options.tellFailures });
}

/** Most commands are never asked anything: what asks is loaded with the first question. */
function elicitOnTerminal(context: Context, questions: Questions): Elicit {
  return async (request, signal) => {
    const { createElicit } = await import('./elicitation.ts');
    return createElicit(context, questions)(request, signal);
  };
}

/** Servers whose entry in the config is wrong have no connection that could tell. */
function tellUnusable(host: Host, tell: (event: HostEvent) => void): void {
  for (const server of host.config.servers) {
    if (server.kind !== 'unusable' || server.intended) continue;
    tell({
      kind: 'connection-change',
      server: server.id,
      state: { kind: 'failed', reason: server.reason },
    });
  }
}
