import type { ServerState } from '../call/events.ts';
import { duration } from './duration.ts';

type BackingOff = Extract<ServerState, { readonly kind: 'backing-off' }>;

/** `is restarting, next try in 1.2 s (3rd time)`: of a server that went away. `elapsedMs`: since the state was told. */
export function restartWords(
  { retryInMs, attempt }: Pick<BackingOff, 'retryInMs' | 'attempt'>,
  elapsedMs = 0,
): string {
  const leftMs = Math.max(0, retryInMs - elapsedMs);
  const next = leftMs === 0 ? 'a try is under way' : `next try in ${duration(leftMs)}`;
  return `is restarting, ${next}${attempt > 1 ? ` (${ordinal(attempt)} time)` : ''}`;
}

function ordinal(count: number): string {
  const isTeen = Math.floor(count / 10) % 10 === 1;
  const ending = isTeen ? undefined : ['th', 'st', 'nd', 'rd'][count % 10];
  return `${String(count)}${ending ?? 'th'}`;
}

/** What is told of a server, where it must be clear of which. */
export function withName(server: string, text: string): string {
  return text.includes(`server "${server}"`) ? text : `server "${server}": ${text}`;
}

/** What is told of a server, where its name stands before it already: `went away: it exited with code 7.` A text that does not begin with it stays as it is. */
export function withoutName(server: string, text: string): string {
  for (const name of [`server "${server}": `, `server "${server}" `]) {
    if (text.startsWith(name)) return text.slice(name.length);
  }
  return text;
}
