import * as fc from 'fast-check';
import type { Revision, Step } from './store-model.ts';

/** A batch as it is thrown: its calls, how they come, and how late the servers are. */
export interface Script {
  readonly steps: readonly Step[];
  readonly streamed: boolean;
  /** Of a streamed one. */
  readonly revisions: readonly Revision[];
  /** Servers that are ready only after a while. */
  readonly late: readonly string[];
}

const common = {
  server: fc.constantFrom('a' as const, 'b' as const, 'c' as const, 'd' as const),
  key: fc.constantFrom('x' as const, 'y' as const, 'z' as const),
  to: fc.constantFrom('x' as const, 'y' as const, 'z' as const),
  value: fc.constantFrom('0', '1', '2', '3'),
  twist: fc.constantFrom(
    'none' as const,
    'none' as const,
    'none' as const,
    'asked' as const,
    'asked' as const,
    'denied' as const,
    'bad' as const,
  ),
};
const failures = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat(3) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    ...common,
    tool: fc.constantFrom('get' as const, 'all' as const),
    // A declared read may be shared, or dropped and begun again: it never fails so often that it matters which attempt that was.
    failsBefore: fc.nat(1),
    failsAfter: fc.nat(1),
    shareable: fc.boolean(),
  }),
  fc.record({
    ...common,
    tool: fc.constantFrom(...(['look', 'set', 'append', 'append', 'swap', 'append-all'] as const)),
    failsBefore: failures,
    failsAfter: failures,
    shareable: fc.constant(false),
  }),
);

function revisionsOf(length: number): fc.Arbitrary<readonly Revision[]> {
  if (length === 0) return fc.constant([]);
  const revision = fc.record({ after: fc.nat(length - 1), index: fc.nat(length - 1), step });
  return fc
    .array(revision, { maxLength: 4 })
    .map((all) => all.filter(({ after, index }) => index <= after));
}

/** Random batches of up to nine calls. */
export const scripts: fc.Arbitrary<Script> = fc
  .array(step, { maxLength: 9, size: 'max' })
  .chain((steps) =>
    fc.record({
      steps: fc.constant(steps),
      streamed: fc.boolean(),
      late: fc.subarray(['a', 'b', 'c', 'd']),
      revisions: revisionsOf(steps.length),
    }),
  )
  .map((script) => (script.streamed ? script : { ...script, revisions: [] }));
