/** Random batches of reads and writes, the same for the same seed. */
import type { BatchItem, ToolCall } from '../../src/index.ts';
import { MEMBERS, type Member } from './fleet.ts';

/** What a call is, and what its answer must be. */
export interface Planned {
  readonly server: string;
  readonly nonce: string;
  /** The id in the server's journal; `undefined` for a read. */
  readonly write: string | undefined;
  readonly call: ToolCall;
}

export interface Plan {
  readonly calls: readonly Planned[];
  /** Whether the batch comes call by call, as out of a model. */
  readonly streamed: boolean;
  /** The caller gives it up after so many ms. */
  readonly abortAfterMs: number | undefined;
  readonly deadlineMs: number | undefined;
}

const MOST_CALLS = 12;
const WRITES = 0.4;
const TWINS = 0.1;
const LARGE_READS = 0.02;
const LARGE_BYTES = 200_000;
const DISTURBED = 0.05;
const LONGEST_DISTURBED_MS = 150;
/** Of the slow server: so that it does not decide the length of every batch. */
const SLOW = 0.02;

export type Random = () => number;

/** Mulberry32. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Batch number `batch`; write ids are `<batch>.<place of the call>`. */
export function planBatch(batch: number, random: Random): Plan {
  const count = 1 + Math.floor(random() * MOST_CALLS);
  const calls: Planned[] = [];
  for (let index = 0; index < count; index += 1) {
    const before = calls.at(-1);
    // Identical reads may share one answer: both must get it.
    const isTwin = before?.write === undefined && random() < TWINS;
    calls.push(before !== undefined && isTwin ? before : planCall(`${batch}.${index}`, random));
  }
  const disturbedMs = random() * LONGEST_DISTURBED_MS;
  const disturbance = random();
  return {
    calls,
    streamed: random() < 0.5,
    abortAfterMs: disturbance < DISTURBED ? disturbedMs : undefined,
    deadlineMs: disturbance > 1 - DISTURBED ? Math.ceil(disturbedMs) : undefined,
  };
}

/** The calls as a finished message, or as one that is still arriving. */
export function inputOf({ calls, streamed }: Plan): ToolCall[] | AsyncIterable<BatchItem> {
  const list = calls.map(({ call }) => call);
  return streamed ? arriving(list) : list;
}

function planCall(id: string, random: Random): Planned {
  const { name: server } = pickServer(random);
  const nonce = `${id}-${Math.floor(random() * 2 ** 32).toString(16)}`;
  if (random() < WRITES) {
    const call = { name: `${server}__note`, arguments: { id, nonce } };
    return { server, nonce, write: id, call };
  }
  const bytes = random() < LARGE_READS ? LARGE_BYTES : 0;
  const call = { name: `${server}__look`, arguments: { nonce, bytes } };
  return { server, nonce, write: undefined, call };
}

function pickServer(random: Random): Member {
  const slow = MEMBERS.find(({ name }) => name === 'slow');
  if (slow !== undefined && random() < SLOW) return slow;
  const others = MEMBERS.filter((member) => member !== slow);
  const picked = others[Math.floor(random() * others.length)];
  if (picked === undefined) throw new Error('no servers');
  return picked;
}

async function* arriving(calls: readonly ToolCall[]): AsyncGenerator<BatchItem> {
  for (const call of calls) {
    await new Promise(setImmediate);
    yield { kind: 'call', call };
  }
  yield { kind: 'end', complete: true };
}
