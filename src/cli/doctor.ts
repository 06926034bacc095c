import { visibleLine } from '../base/visible.ts';
import type { HostEvent, ServerNotice } from '../call/events.ts';
import type { HostConfig } from '../config/host-config.ts';
import { applyOptions } from '../host/host-options.ts';
import { duration } from '../record/duration.ts';
import type { Paint } from '../record/paint.ts';
import { chooseConfig } from './choose-config.ts';
import type { CommonFlags, Context } from './context.ts';
import { diagnose, type ServerDiagnosis } from './diagnosis.ts';
import { EXIT } from './exit-codes.ts';
import type { ModelCheck } from './model-check.ts';
import { assertReached, withHost } from './session.ts';
import { startingAll } from './starting-all.ts';
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
    // Not needed before the servers start.
    const later = Promise.all([import('./model-check.ts'), import('./doctor-text.ts')]);
    await host.ready({ signal: interrupt.signal, patienceMs: Infinity });
    const [{ checkModel }, { doctorText }] = await later;
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
    const shown = redact(report) as DoctorReport;
    const {
      terminal,
      flags: { json },
    } = context;
    if (json === true) terminal.json(shown);
    else terminal.result(doctorText(shown, { width: terminal.outColumns, paint: terminal.out }));
    if (interrupt.happened) return EXIT.interrupted;
    assertReached(host, reached());
    return report.ok ? EXIT.done : EXIT.failed;
  });
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

/** For a log: `✓ desk: ready after 120 ms`. `undefined` while a server is neither ready nor failed. */
function settledLine(
  { server, state }: Extract<HostEvent, { kind: 'connection-change' }>,
  paint: Paint,
): string | undefined {
  const name = visibleLine(server, 64);
  if (state.kind === 'ready')
    return `${paint.good('✓')} ${name}: ready after ${duration(state.readyMs)}`;
  return state.kind === 'failed' ? `${paint.bad('✗')} ${name}: failed` : undefined;
}
