import * as fc from 'fast-check';
import { expect, vi } from 'vitest';
import { brokenOff, Counts, oneBatch, REPORT, severalBatches } from '../support/serialisable.ts';
import { verifies } from '../support/verifies.ts';

/* That these properties can fail is shown by `serialisable-mutants.test.ts`. */

// Together more than two thousand batches, in some ten seconds; much longer where every core has other things to do.
vi.setConfig({ testTimeout: 120_000 });

verifies(
  'batch:model-order',
  'random batches end like their calls one by one, whatever the latencies, the failures and the revisions',
  async () => {
    const counts = new Counts();
    await fc.assert(oneBatch({ counts }), { ...REPORT, numRuns: 1_200 });
    // Not vacuous: there was much to send, and a good part of it in flight together.
    expect(counts.batches).toBe(1_200);
    expect(counts.sent).toBeGreaterThan(3 * counts.batches);
    expect(counts.overlapped / counts.sent).toBeGreaterThan(0.2);
  },
);

verifies(
  'batch:exclude-batches',
  'random batches at once end like some order of their whole calls, and nobody overtakes who waits',
  async () => {
    const counts = new Counts();
    await fc.assert(severalBatches({ counts }), { ...REPORT, numRuns: 350 });
    expect(counts.batches).toBeGreaterThan(800);
    expect(counts.overlapped / counts.sent).toBeGreaterThan(0.2);
    expect(counts.waited).toBeGreaterThan(counts.batches / 4);
  },
);

verifies(
  'batch:hold-writes',
  'random batches whose message breaks off have written nothing, and have read what was there',
  async () => {
    const counts = new Counts();
    await fc.assert(brokenOff({ counts }), { ...REPORT, numRuns: 300 });
    expect(counts.sent).toBeGreaterThan(counts.batches / 2);
  },
);
