/** A part of a call's time, in ms since its batch began. */
export interface Stretch {
  /** Whether its server has it; else it waits. */
  readonly running: boolean;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * A call's time as a bar of `width` columns over `wallMs`: blank where it is not there, dotted while it waits, solid while it runs. What runs, and a call that
 * only waits, has at least one column, however short it was.
 */
export function bar(stretches: readonly Stretch[], wallMs: number, width: number): string {
  const at = (ms: number): number => {
    const share = wallMs > 0 ? ms / wallMs : 0;
    return Math.min(width, Math.max(0, Math.round(share * width)));
  };
  const cells: string[] = Array.from({ length: width }, () => ' ');
  const runs = stretches.filter(({ running }) => running);
  for (const { startMs, endMs, running } of stretches) {
    if (running) continue;
    const start = Math.min(at(startMs), width - 1);
    const end = runs.length === 0 ? Math.max(start + 1, at(endMs)) : at(endMs);
    if (end > start) cells.fill('·', start, end);
  }
  for (const { startMs, endMs } of runs) {
    const start = Math.min(at(startMs), width - 1);
    cells.fill('█', start, Math.max(start + 1, at(endMs)));
  }
  return cells.join('');
}
