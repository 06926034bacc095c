/** A time (ms since the epoch) as the database keeps it: `2026-11-20T09:00:00Z`. */
export function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
