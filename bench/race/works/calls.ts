import { strictEqual } from 'node:assert/strict';
import { timed, type Work } from '../bench.ts';
import type { BenchCall, Fleet } from '../contender.ts';
import { inPool } from '../pool.ts';

/** `count` echoes, one after the other. */
export const oneByOne: Work = {
  unit: 'ms',
  async run({ open }, { count = 0 }) {
    const fleet = await open();
    const task = async (): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        const text = `hello ${index}`;
        strictEqual(await fleet.call({ server: 0, tool: 'echo', args: { text } }), text);
      }
    };
    await task();
    return timed(task);
  },
};

/** `count` echoes, in batches of `batch`, one after the other. */
export const batches: Work = {
  unit: 'ms',
  async run({ open, options: { width } }, { count = 0, batch = width }) {
    const fleet = await open();
    const task = (): Promise<void> => echoInBatches(fleet, { count, batch, width });
    await task();
    return timed(task);
  },
};

/** One batch of `count` calls that sleep `ms`, spread over all servers. */
export const sleepers: Work = {
  unit: 'ms',
  async run({ open, servers }, { count = 0, ms = 0 }) {
    const fleet = await open();
    const calls = Array.from({ length: count }, (_, index) => {
      const args = { ms, text: `slept ${index}` };
      return { server: index % servers.length, tool: 'sleep', args };
    });
    const task = (): Promise<void> => runChecked(fleet, calls, count);
    await task();
    return timed(task);
  },
};

/** One result of `bytes`, after smaller ones. */
export const large: Work = {
  unit: 'ms',
  async run({ open }, { bytes = 0 }) {
    const fleet = await open();
    for (let round = 0; round < 3; round += 1) await fetchLarge(fleet, Math.min(bytes, 1_000_000));
    return timed(() => fetchLarge(fleet, bytes));
  },
};

export async function echoInBatches(
  fleet: Fleet,
  {
    count,
    batch,
    width,
  }: { readonly count: number; readonly batch: number; readonly width: number },
): Promise<void> {
  for (let done = 0; done < count; done += batch) {
    const calls = Array.from({ length: Math.min(batch, count - done) }, (_, index) => {
      return { server: 0, tool: 'echo', args: { text: `hello ${done + index}` } };
    });
    await runChecked(fleet, calls, width);
  }
}

/** A text of `bytes` letters, the last of which is another one. */
export async function fetchLarge(fleet: Fleet, bytes: number): Promise<void> {
  const text = await fleet.call({ server: 0, tool: 'big', args: { bytes } });
  strictEqual(text.length, bytes);
  strictEqual(text.at(-1), '!');
}

/** Every tool used here answers with the text that it was given. */
async function runChecked(
  fleet: Fleet,
  calls: readonly (BenchCall & { readonly args: { readonly text: string } })[],
  width: number,
): Promise<void> {
  const texts = await (fleet.batch?.(calls, width) ??
    inPool(calls, width, (call) => fleet.call(call)));
  strictEqual(texts.length, calls.length);
  for (const [index, call] of calls.entries()) strictEqual(texts[index], call.args.text);
}
