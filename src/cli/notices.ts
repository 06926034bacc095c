import { visible, visibleLine } from '../base/visible.ts';
import type { HostEvent, ServerState } from '../call/events.ts';
import { tells, type LogLevel } from '../record/log.ts';
import type { Terminal } from './terminal.ts';

/** The last lines of a server's stderr may be in a reason; more than this is no reason any more. */
const MAX_LINES = 14;
const MAX_LINE = 300;
/** A server that has no end of things to tell is not listened to for ever. */
const MAX_NOTICES_PER_SERVER = 20;

/**
 * Tells the person, whatever is logged, what is wrong with a server: each thing once, on a plain line. Failures count as `error`, other notices as `warn`; only
 * a higher `--log-level` silences them.
 */
export function tellNotices(terminal: Terminal, level: LogLevel): (event: HostEvent) => void {
  const told = new Set<string>();
  const counts = new Map<string, number>();
  const tell = (server: string, text: string): void => {
    const key = `${server}\n${text}`;
    const count = (counts.get(server) ?? 0) + 1;
    if (told.has(key) || count > MAX_NOTICES_PER_SERVER) return;
    told.add(key);
    counts.set(server, count);
    terminal.note(text);
  };
  return (event) => {
    if (event.kind === 'server-notice' && tells(level, 'warn')) {
      const text = bounded(event.message);
      tell(event.server, `${terminal.err.warn('!')} ${visibleLine(event.server, 64)}: ${text}`);
    }
    if (event.kind !== 'connection-change' || !tells(level, 'error')) return;
    const text = unavailable(event.state);
    if (text === undefined) return;
    tell(event.server, `${terminal.err.bad('✗')} ${visibleLine(event.server, 64)}: ${text}`);
  };
}

/** Why a server cannot be used, for people; `undefined` for one that can, or still may. */
function unavailable(state: ServerState): string | undefined {
  if (state.kind !== 'failed') return undefined;
  const hint = state.hint === undefined ? '' : `\n  ${visibleLine(state.hint, MAX_LINE)}`;
  return `not available: ${bounded(state.reason)}${hint}`;
}

/** A server's own words, or some that quote them, as lines that are safe to show; those after the first are indented. */
export function bounded(text: string, indent = '  '): string {
  const lines = visible(text.slice(0, MAX_LINES * MAX_LINE))
    .trimEnd()
    .split('\n')
    .map((line) => visibleLine(line, MAX_LINE));
  const shown = lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), '…'] : lines;
  return shown.join(`\n${indent}`);
}
