/** `0.61 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** A duration in at most eight characters up to 27 hours: `<1 ms`, `512 ms`, `3.25 s`, `74.1 s`, `1234 s`. */
export function duration(ms: number): string {
  if (ms < 1) return '<1 ms';
  const rounded = Math.round(ms);
  if (rounded < 1000) return `${String(rounded)} ms`;
  if (rounded < 10_000) return seconds(rounded);
  if (rounded < 1_000_000) return `${(rounded / 1000).toFixed(1)} s`;
  return `${String(Math.round(rounded / 1000))} s`;
}
