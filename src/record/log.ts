import { visibleLine } from '../base/visible.ts';
import type { HostEvent } from '../call/events.ts';
import { OutageNews } from './outage-news.ts';
import type { Redact } from './redact.ts';
import { restartWords, withoutName } from './state-words.ts';

/** How much is told, from most to least. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether something of `level` is told when `threshold` is set. */
export function tells(threshold: LogLevel, level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold);
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly redact: Redact;
  /** Receives one readable line at a time, without its line break. */
  readonly writeLine: (line: string) => void;
}

/** Longest line of the log, in characters: a trace file has the rest. */
const MAX_LINE = 500;

/**
 * A listener that logs what happens, one readable line an event: connections at `info`, calls at `debug`, their waiting, their progress and the model's text at
 * `trace`. Notices and failed connections are not in it: those are told to the person whatever is logged (see `cli/notices.ts`). Nor is every try to bring back a
 * server. `undefined` when the level leaves nothing to log.
 */
export async function openLog(
  options: LogOptions,
): Promise<((event: HostEvent) => void) | undefined> {
  if (!tells(options.level, 'info')) return undefined;
  const { pino } = await import('pino');
  const log = pino(
    { level: options.level, base: null },
    {
      write: (json: string) => {
        options.writeLine(readable(json));
      },
    },
  );
  const news = new OutageNews();
  return (event) => {
    if (event.kind === 'connection-change' && !news.isNews(event.server, event.state)) return;
    const level = levelOf(event);
    // Redacting copies: not for what is not logged.
    if (level !== 'silent' && tells(options.level, level)) log[level](options.redact(facts(event)));
  };
}

/** `silent`: not in the log. */
const LEVELS: Readonly<Record<HostEvent['kind'], LogLevel>> = {
  'server-notice': 'silent',
  'host-notice': 'silent',
  'connection-change': 'info',
  'catalogue-change': 'info',
  'batch-start': 'debug',
  'batch-end': 'debug',
  'call-queue': 'debug',
  'call-start': 'debug',
  'call-revise': 'debug',
  'call-end': 'debug',
  'result-cut': 'debug',
  'turn-start': 'debug',
  'turn-end': 'debug',
  'call-wait-start': 'trace',
  'call-wait-end': 'trace',
  'call-progress': 'trace',
  'text-delta': 'trace',
};

function levelOf(event: HostEvent): LogLevel {
  const isFailure = event.kind === 'connection-change' && event.state.kind === 'failed';
  return isFailure ? 'silent' : LEVELS[event.kind];
}

/** What one line has room for: of a record and of a report, the facts about it. */
function facts(event: HostEvent): Readonly<Record<string, unknown>> {
  if (event.kind === 'connection-change') {
    const { server } = event;
    const { kind: state, ...rest } = event.state;
    if (event.state.kind === 'backing-off') {
      const why = withoutName(server, event.state.reason);
      return { kind: event.kind, server, state, now: `${restartWords(event.state)}: ${why}` };
    }
    return { kind: event.kind, server, state, ...rest };
  }
  if (event.kind === 'call-end') {
    const { record, ...rest } = event;
    const { id, name, outcome, attempts, startedMs } = record;
    const code = 'code' in outcome ? { code: outcome.code } : {};
    return { ...rest, id, name, outcome: outcome.kind, ...code, attempts, startedMs };
  }
  if (event.kind === 'batch-end') {
    const { results, ...times } = event.report;
    return { kind: event.kind, batch: event.batch, calls: results.length, ...times };
  }
  return { ...event };
}

const NAMES: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

/** pino's line for people: `12:00:01.250 info connection-change server=docs state=ready`. */
function readable(json: string): string {
  const { level, time, kind, ...rest } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const clock = typeof time === 'number' ? new Date(time).toISOString().slice(11, 23) : '';
  const pairs = Object.entries(rest).map(([key, value]) => {
    return `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  });
  const words = [clock, NAMES[Number(level)] ?? '', String(kind), ...pairs];
  return visibleLine(words.join(' '), MAX_LINE);
}
