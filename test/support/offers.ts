import type { Offers } from '../../src/call/asks.ts';

/** A host that answers nothing that servers ask for. */
export const NOTHING_OFFERED: Offers = {
  elicit: { kind: 'withheld', reason: 'nobody can be asked in this test' },
  sampling: { kind: 'withheld', reason: 'sampling is off in this test' },
  roots: { kind: 'withheld', reason: 'there are no roots in this test' },
};
