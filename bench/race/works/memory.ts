import { strictEqual } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Work } from '../bench.ts';
import { slopeOf } from '../statistics.ts';
import { echoInBatches, fetchLarge } from './calls.ts';

/** How often the heap is looked at while calls are made. */
const LOOKS = 20;

/** What each of the servers but the first holds of the contender's memory, once connected. */
export const heapPerServer: Work = {
  unit: 'bytes',
  async run({ open, servers }) {
    // What is made once for the process is made for the first server.
    const first = await open(servers.slice(0, 1));
    strictEqual(await first.call({ server: 0, tool: 'echo', args: { text: 'hello' } }), 'hello');
    const before = await heldBytes();
    await open(servers.slice(1));
    return { value: ((await heldBytes()) - before) / (servers.length - 1) };
  },
};

/** How much larger the contender's process gets while it reads one result of `bytes`. */
export const peakGrowth: Work = {
  unit: 'bytes',
  async run({ open }, { bytes = 0 }) {
    const fleet = await open();
    await fetchLarge(fleet, 1_000);
    await heldBytes();
    const before = process.memoryUsage.rss();
    forgetPeak();
    await fetchLarge(fleet, bytes);
    return { value: Math.max(0, peakBytes() - before) };
  },
};

/** What each of `count` echoes leaves behind, by the trend over their second half. */
export const leftByCall: Work = {
  unit: 'bytes',
  async run({ open, options: { width } }, { count = 0 }) {
    const fleet = await open();
    const each = Math.ceil(count / LOOKS);
    const calls: number[] = [];
    const held: number[] = [];
    for (let look = 1; look <= LOOKS; look += 1) {
      await echoInBatches(fleet, { count: each, batch: width, width });
      calls.push(look * each);
      held.push(await heldBytes());
    }
    return { value: slopeOf(calls.slice(LOOKS / 2), held.slice(LOOKS / 2)) };
  },
};

/** What is reachable, on the heap and in buffers. */
async function heldBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc');
  // What the first collection hands to finalisers goes in the next one.
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Makes the kernel count the largest size from now on. Elsewhere than on Linux it counts from the start of the process. */
function forgetPeak(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}

function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
