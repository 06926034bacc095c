import { sleep } from '../base/abort.ts';

/** What was typed before a question was there is no answer to it: keys that arrive within this time, ms, are dropped. */
const TYPED_AHEAD_MS = 50;
/** Between two keys of one word, ms. */
const NEXT_KEY_MS = 300;

export const ENTER: ReadonlySet<string> = new Set(['\r', '\n']);

interface Unfinished {
  /** What of the word is still to come, before its Enter. */
  readonly rest: string;
  /** When its last key came, ms. */
  readonly at: number;
}

/** The words whose first letters were answers: whoever types "yes" and Enter has not ended with the y. One at most for each keyboard. */
const unfinished = new WeakMap<NodeJS.ReadStream, Unfinished>();

/** Tells that an answer was taken while its word may still be typed: the rest of it, and its Enter, are no answer to the next question. */
export function expectRest(stdin: NodeJS.ReadStream, rest: string): void {
  unfinished.set(stdin, { rest, at: performance.now() });
}

/** Drops what was typed before, and what is left of the last answer's word while it is being typed: for a next question. The stream must flow. */
export async function dropTypedAhead(
  stdin: NodeJS.ReadStream,
  signal: AbortSignal | undefined,
): Promise<void> {
  let until = performance.now() + TYPED_AHEAD_MS;
  let word = unfinished.get(stdin);
  unfinished.delete(stdin);
  if (word !== undefined) until = Math.max(until, word.at + NEXT_KEY_MS);
  const onData = (typed: string): void => {
    for (const key of typed.toLowerCase()) {
      if (word === undefined) return;
      const at = performance.now();
      const isEnd = ENTER.has(key);
      if (isEnd || !word.rest.startsWith(key)) word = undefined;
      else word = { rest: word.rest.slice(key.length), at };
      until = at + (word === undefined ? TYPED_AHEAD_MS : NEXT_KEY_MS);
    }
  };
  stdin.on('data', onData);
  try {
    for (let left = TYPED_AHEAD_MS; left > 0; left = until - performance.now()) {
      if (signal?.aborted === true || stdin.readableEnded || stdin.destroyed) return;
      await sleep(Math.min(left, TYPED_AHEAD_MS));
    }
  } finally {
    stdin.off('data', onData);
  }
}
