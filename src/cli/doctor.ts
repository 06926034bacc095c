import type { HostEvent, ServerNotice } from '../call/events.ts';
import type { HostConfig } from '../config/host-config.ts';
import { applyOptions } from '../host/host-options.ts';
import { chooseConfig } from './choose-config.ts';
import type { CommonFlags, Context } from './context.ts';
import { diagnose, type ServerDiagnosis } from './diagnosis.ts';
import { doctorText, settledLine } from './doctor-text.ts';
import { EXIT } from './exit-codes.ts';
import { checkModel, type ModelCheck } from './model-check.ts';
import { assertReached, withHost } from './session.ts';
import { unmatchedGlobs } from './unmatched.ts';

/** What `doctor` found out, as `--json` gives it. Secrets of the config and its environment are not in it. */
export interface DoctorReport {
  readonly config: {
    readonly path: string | null;
    readonly notices: HostConfig['notices'];
  };
  readonly model: ModelCheck;
  readonly servers: readonly ServerDiagnosis[];
  /** Whether no check failed: warnings do not count. */
  readonly ok: boolean;
}

/**
 * `doctor`: connects to every server, waits for each as long as its own `connectMs` allows, and says what is wrong and how to mend it. Calls no tool and asks
 * no model. Resolves to the exit code.
 */
export async function doctor(context: Context, flags: CommonFlags): Promise<number> {
  const { interrupt, env } = context;
  const servers = flags.server === undefined ? {} : { servers: flags.server };
  const config = applyOptions(await chooseConfig(context, { tellNotices: false }), servers);
  const notices: ServerNotice[] = [];
  const tellSettled = settledTeller(context);
  const onEvent = (event: HostEvent): void => {
    if (event.kind === 'server-notice') notices.push(event);
    else tellSettled(event);
  };
  const session = { config: startingAll(config), options: { tellFailures: false, onEvent } };
  return withHost(context, session, async ({ host, reached, redact }) => {
    await host.ready({ signal: interrupt.signal, patienceMs: Infinity });
    const looked = { config, env, statuses: host.servers(), notices, tools: host.tools() };
    const found = diagnose(looked);
    const texts = flags.server === undefined ? unmatchedGlobs(looked) : [];
    const globs = texts.map((message) => ({ line: 0, column: 0, message }));
    const model = checkModel(config.model, env);
    const isFine = [model, ...found].every(({ problems }) =>
      problems.every(({ severity }) => severity !== 'error'),
    );
    const report: DoctorReport = {
      config: { path: config.source.path ?? null, notices: [...config.notices, ...globs] },
      model,
      servers: found,
      ok: isFine && found.some(({ state }) => state === 'ready'),
    };
    write(context, redact(report) as DoctorReport);
    if (interrupt.happened) return EXIT.interrupted;
    assertReached(host, reached());
    return report.ok ? EXIT.done : EXIT.failed;
  });
}

/** Those that nobody else waits for are waited for here. */
function startingAll(config: HostConfig): HostConfig {
  const servers = config.servers.map((server) =>
    server.kind === 'server' ? { ...server, start: 'eager' as const } : server,
  );
  return { ...config, servers };
}

/** Where no live view can be drawn, a line for each server that is ready or has failed. */
function settledTeller({ terminal, flags }: Context): (event: HostEvent) => void {
  if (flags.logLevel === 'silent') return () => undefined;
  const isDrawn = terminal.canDraw && flags.json !== true;
  // A server that is tried again and again is told of once.
  const told = new Map<string, string>();
  return (event) => {
    if (isDrawn || event.kind !== 'connection-change') return;
    if (told.get(event.server) === event.state.kind) return;
    if (event.state.kind !== 'connecting') told.set(event.server, event.state.kind);
    const line = settledLine(event, terminal.err);
    if (line !== undefined) terminal.note(line);
  };
}

function write({ terminal, flags }: Context, report: DoctorReport): void {
  if (flags.json === true) terminal.json(report);
  else terminal.result(doctorText(report, { width: terminal.outColumns, paint: terminal.out }));
}
