/** How one scenario of one version of the suite ended. */
export interface Result {
  /** The version of the suite. */
  readonly suite: string;
  readonly scenario: string;
  /** The version of the protocol; `undefined`: the suite's choice. */
  readonly protocol: string | undefined;
  /** Checks that passed, and that the suite did not make. */
  readonly passed: number;
  readonly skipped: number;
  /** Those that failed or warned, in the suite's words. */
  readonly faults: readonly string[];
}

/** `idle`: the suite had nothing to check. */
export type Verdict = 'green' | 'idle' | 'red';

export function verdictOf({ passed, faults }: Result): Verdict {
  if (faults.length > 0) return 'red';
  return passed > 0 ? 'green' : 'idle';
}
