/** What the host guarantees: each with the invariant or contract section it belongs to. Tests cite the ids through `verifies`. */
interface Requirement {
  /** `B1`–`B8` of `src/batch/pipeline.ts`, or the part of the product that promises it. */
  readonly invariant: string;
  readonly text: string;
}

export const REQUIREMENTS = {
  'batch:one-outcome': {
    invariant: 'B1',
    text: 'Every call ends in exactly one outcome, and runBatch never rejects for a call.',
  },
  'batch:defect-contained': {
    invariant: 'B1',
    text: 'A defect in a link or a connection becomes the outcome of that call alone.',
  },
  'batch:model-order': {
    invariant: 'B2',
    text: 'Conflicting calls of a batch run in the model’s order, one at a time.',
  },
  'batch:reads-overlap': {
    invariant: 'B2',
    text: 'Calls that do not conflict overlap, on one server and on several.',
  },
  'batch:exclude-batches': {
    invariant: 'B2',
    text: 'Conflicting calls of different batches exclude each other, first come, first served.',
  },
  'batch:no-lock-while-waiting': {
    invariant: 'B2',
    text: 'A call that waits for a person or for the model holds no host-wide lock.',
  },
  'batch:no-stale-read': {
    invariant: 'B3',
    text: 'A read never shares a result older than a write before it in its batch.',
  },
  'batch:shared-cancel': {
    invariant: 'B3',
    text: 'A shared send is cancelled only when all its callers are; sharing never crosses batches.',
  },
  'batch:wait-holds-no-slot': {
    invariant: 'B4',
    text: 'Waiting, asking and backing off hold no slot.',
  },
  'batch:at-most-once': {
    invariant: 'B5',
    text: 'Only a call known not to have run, or declared idempotent or read-only, is ever sent twice.',
  },
  'batch:call-order': {
    invariant: 'B6',
    text: 'Results come in call order whatever the completion order, one for each call id.',
  },
  'batch:scopes-retired': {
    invariant: 'B7',
    text: 'Every scope, lock, slot, timer and listener is given back when its batch ends or the host closes.',
  },
  'batch:hold-writes': {
    invariant: 'B8',
    text: 'A call not declared read-only is not sent before the message is complete; a truncated message runs none.',
  },
  'batch:eager-reads': {
    invariant: 'B8',
    text: 'A declared read starts while the message still streams, but not past an earlier write it conflicts with.',
  },
  'batch:revise': {
    invariant: 'B8',
    text: 'A read whose call was revised is dropped and run again, with whatever depends on it.',
  },
  'batch:cancel-reaches-server': {
    invariant: 'time budgets',
    text: 'A time-out or an abort cancels at the server, frees the slot and names its setting.',
  },
  'batch:bad-calls': {
    invariant: 'bad calls',
    text: 'A bad call is answered with what was wrong and what would be right, and reaches no server.',
  },
  'batch:siblings': {
    invariant: 'siblings',
    text: 'A call that fails, hangs or is refused changes nothing for the calls beside it.',
  },
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof REQUIREMENTS;
