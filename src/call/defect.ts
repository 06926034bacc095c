import { HostError } from '../base/errors.ts';
import type { Outcome } from './outcome.ts';

/** A defect of ours as the outcome of the one call that met it (B1). `attempts`: how often that call was sent. */
export function defect(reason: unknown, attempts: number): Outcome {
  return {
    kind: 'failed',
    code: 'internal',
    message: `defect in mcp-fanout: ${HostError.from(reason).message}`,
    ran: attempts > 0 ? 'unknown' : 'no',
  };
}
