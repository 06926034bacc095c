/**
 * The worked example: three lookups of 400, 500 and 600 ms on one real server process, as one batch.
 *
 *     npm run bench:example
 *
 * Contenders, in turn within each round, in one process against servers of their own, all warmed up:
 * - floor: hand-written JSON-RPC over the pipe, all three requests at once: what no host can beat
 * - fan-out: the host, whole path
 * - one by one: the host with `oneByOne`, what `--no-parallel` does
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openHost } from '../src/index.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 9);
const SERVER = fileURLToPath(new URL('../servers/customers/server.js', import.meta.url));
const ARGS = ['--db', ':memory:', '--latency', 'example'];
const LOOKUPS = ['get_customer', 'get_orders', 'get_tickets'];

const floor = await openFloor();
const host = await openHost({
  mcpServers: { customers: { command: process.execPath, args: [SERVER, ...ARGS] } },
});
const calls = LOOKUPS.map((tool) => ({
  name: `customers__${tool}`,
  arguments: { customer_id: 1234 },
}));

const rows: {
  floor: number;
  fanOut: number;
  overLongest: number;
  oneByOne: number;
  sum: number;
}[] = [];
for (let round = 0; round <= ROUNDS; round += 1) {
  const floorMs = await floor.batch();
  const fanned = await host.batchReport(calls);
  const serial = await host.batchReport(calls, { oneByOne: true });
  for (const { outcome, name } of [...fanned.results, ...serial.results]) {
    if (outcome.kind !== 'ok') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
  }
  // The first round warms up.
  if (round === 0) continue;
  rows.push({
    floor: floorMs,
    fanOut: fanned.wallMs,
    overLongest: fanned.wallMs / fanned.longestMs,
    oneByOne: serial.wallMs,
    sum: fanned.sumMs,
  });
}
await host.close();
floor.close();

const median = (pick: (row: (typeof rows)[number]) => number): number => {
  const sorted = rows.map(pick).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
const ms = (value: number): string => `${value.toFixed(1)} ms`;
console.log(`worked example, ${rows.length} rounds, medians (Node ${process.version})`);
console.log(`  slowest call              600 ms by construction`);
console.log(`  floor, raw JSON-RPC       ${ms(median((row) => row.floor))}`);
console.log(
  `  fan-out                   ${ms(median((row) => row.fanOut))}   ${median((row) => row.fanOut / row.floor).toFixed(4)} of the floor`,
);
console.log(
  `  fan-out / slowest call    ${median((row) => row.overLongest).toFixed(4)}   (target: at most 1.05)`,
);
console.log(
  `  one by one                ${ms(median((row) => row.oneByOne))}   ${median((row) => row.oneByOne / row.fanOut).toFixed(2)}x the fan-out`,
);

/** The floor: a child process, newline-delimited JSON, a map of pending ids, nothing else. */
async function openFloor(): Promise<{ batch: () => Promise<number>; close: () => void }> {
  const child = spawn(process.execPath, [SERVER, ...ARGS], { stdio: ['pipe', 'pipe', 'ignore'] });
  const pending = new Map<number, () => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id } = JSON.parse(line) as { id?: number };
    if (id !== undefined) pending.get(id)?.();
  });
  let lastId = 0;
  const request = (method: string, params: object): Promise<void> =>
    new Promise((resolve) => {
      lastId += 1;
      pending.set(lastId, resolve);
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: lastId, method, params })}\n`);
    });
  await request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'floor', version: '0' },
  });
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  return {
    batch: async () => {
      const startedAt = performance.now();
      await Promise.all(
        LOOKUPS.map((name) => request('tools/call', { name, arguments: { customer_id: 1234 } })),
      );
      return performance.now() - startedAt;
    },
    close: () => child.stdin.end(),
  };
}
