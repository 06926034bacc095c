import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHost, type CallRecord } from '../../src/index.ts';
import type { BenchCall, Contender, Errand, ServerSpec } from '../race/contender.ts';

// Everybody's imports are done before the time begins. These come late by themselves, while servers start: for that there are the rows of the command line.
await Promise.all([
  import('../../src/connect/session.ts'),
  import('../../src/connect/http-transport.ts'),
]);

/** From dist/bench/contenders/, where this runs. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** mcp-fanout, the whole path: `runBatch`, with order, limits, deadlines, progress, cancellation, validation and events available. */
export const contender: Contender = {
  open: async (servers, { width }) => {
    const host = await openHost({
      // A slow server is waited for: what is measured is how long all of them take.
      limits: { maxInFlight: width, patienceMs: 60_000 },
      mcpServers: entriesOf(servers, { maxInFlight: width }),
    });
    for (const { id, state } of host.servers()) {
      if (state.kind !== 'ready') throw new Error(`${id} is ${state.kind}`);
    }
    const batch = async (calls: readonly BenchCall[]): Promise<readonly string[]> =>
      (await host.runBatch(calls.map(toCall))).map(textOf);
    return {
      call: async (call) => (await batch([call]))[0] ?? '',
      batch,
      tools: () => Promise.resolve(host.tools().map(({ exposed }) => exposed)),
      close: () => host.close(),
    };
  },
  command: (errand, servers, folder) => {
    const config = join(folder, 'bench.config.json');
    writeFileSync(config, JSON.stringify(configOf(errand, servers)));
    return { program: process.execPath, args: [binary(), ...argsOf(errand), '--config', config] };
  },
};

function argsOf(errand: Errand): readonly string[] {
  switch (errand.kind) {
    case 'call':
      return ['call', 's0__echo', JSON.stringify({ text: errand.text })];
    case 'learn':
      return ['doctor'];
    case 'tools':
      return ['tools'];
    case 'ask':
      return ['run', 'Hello?'];
  }
}

function configOf(errand: Errand, servers: readonly ServerSpec[]): object {
  return {
    limits: { patienceMs: 60_000 },
    mcpServers: entriesOf(servers, 'start' in errand ? { start: errand.start } : {}),
    ...(errand.kind === 'ask' && { model: { name: 'fake', baseURL: errand.url } }),
  };
}

function entriesOf(servers: readonly ServerSpec[], settings: object): object {
  return Object.fromEntries(
    servers.map((server, index) => [
      `s${index}`,
      server.kind === 'stdio'
        ? { command: server.command, args: server.args, ...settings }
        : { type: 'http', url: server.url, ...settings },
    ]),
  );
}

/** The command as package.json names it. */
function binary(): string {
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  return join(ROOT, bin['mcp-fanout'] ?? '');
}

function toCall({ server, tool, args }: BenchCall) {
  return { name: `s${server}__${tool}`, arguments: { ...args } };
}

function textOf({ name, outcome }: CallRecord): string {
  if (outcome.kind !== 'ok') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
  const [block] = outcome.content;
  return block?.type === 'text' ? String(block['text']) : '';
}
