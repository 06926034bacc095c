import { visible, visibleLine } from '../base/visible.ts';
import type { HostEvent, ServerState } from '../call/events.ts';
import type { HostConfig } from '../config/host-config.ts';
import { tells, type LogLevel } from '../record/log.ts';
import { OutageNews } from '../record/outage-news.ts';
import type { Redact } from '../record/redact.ts';
import { restartWords, withoutName } from '../record/state-words.ts';
import type { Terminal } from './terminal.ts';

/** The last lines of a server's stderr may be in a reason; more than this is no reason any more. */
const MAX_LINES = 14;
const MAX_LINE = 1_000;
/** A server that has no end of things to tell is not listened to for ever. */
const MAX_NOTICES_PER_SERVER = 20;

export interface NoticeOptions {
  readonly level: LogLevel;
  /** Of the config, which tells where each stands in its file. */
  readonly servers: HostConfig['servers'];
  /** A reason may quote a server's last words: those of one that cannot log in, and with what. */
  readonly redact: Redact;
}

/**
 * Tells the person, whatever is logged, what is wrong with a server: each thing once, on a plain line. Failures count as `error`, other notices as `warn`; only
 * a higher `--log-level` silences them.
 */
export function tellNotices(
  terminal: Terminal,
  { level, servers, redact }: NoticeOptions,
): (event: HostEvent) => void {
  const told = new Set<string>();
  const counts = new Map<string, number>();
  const news = new OutageNews();
  const tell = (server: string, text: string): void => {
    const key = `${server}\n${text}`;
    const count = (counts.get(server) ?? 0) + 1;
    if (told.has(key) || count > MAX_NOTICES_PER_SERVER) return;
    told.add(key);
    counts.set(server, count);
    terminal.note(text);
  };
  return (given) => {
    if (!TOLD.has(given.kind)) return;
    // As it was but for secrets.
    const event = redact(given) as HostEvent;
    if (event.kind === 'server-notice' && tells(level, 'warn')) {
      const text = bounded(withoutName(event.server, event.message));
      tell(event.server, `${terminal.err.warn('!')} ${visibleLine(event.server, 64)}: ${text}`);
    }
    if (event.kind === 'host-notice' && tells(level, 'warn')) {
      terminal.note(`${terminal.err.warn('!')} ${bounded(event.message)}`);
    }
    if (event.kind !== 'connection-change' || !tells(level, 'error')) return;
    const { server, state } = event;
    const text = trouble(server, state);
    if (!news.isNews(server, state) || text === undefined) return;
    const mark = state.kind === 'failed' ? terminal.err.bad('✗') : terminal.err.warn('!');
    const config = servers.find(({ id }) => id === server);
    const place = config?.kind === 'server' ? config.place : undefined;
    const entry = place === undefined ? '' : `\n  its entry: ${visible(place)}`;
    tell(
      server,
      `${mark} ${visibleLine(server, 64)}${text}${state.kind === 'failed' ? entry : ''}`,
    );
  };
}

const TOLD: ReadonlySet<HostEvent['kind']> = new Set([
  'server-notice',
  'host-notice',
  'connection-change',
]);

/** Why a server cannot be used, or not now, for people; `undefined` for one that can, or of which that is not known yet. */
function trouble(server: string, state: ServerState): string | undefined {
  if (state.kind !== 'failed' && state.kind !== 'backing-off') return undefined;
  const reason = bounded(withoutName(server, state.reason));
  if (state.kind === 'backing-off') return ` ${restartWords(state)}: ${reason}`;
  const hint = state.hint === undefined ? '' : `\n  ${visibleLine(state.hint, MAX_LINE)}`;
  return `: not available: ${reason}${hint}`;
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
