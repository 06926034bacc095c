import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostEvent } from '../../src/call/events.ts';
import { serverId, toolName } from '../../src/call/names.ts';
import type { HostConfig, ServerConfig, UnusableServer } from '../../src/config/host-config.ts';
import { Fleet } from '../../src/connect/fleet.ts';
import type { RawTool } from '../../src/connect/raw-tool.ts';
import { serverConfig, SERVERS, type Setup } from '../support/connections.ts';
import { NOTHING_OFFERED } from '../support/offers.ts';
import { eventually, livingProcesses, MARKER } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';
import { life } from '../support/life.ts';

class TestFleet implements AsyncDisposable {
  readonly events: HostEvent[] = [];
  readonly marker = randomUUID();
  readonly fleet: Fleet;

  constructor(
    servers: readonly (Partial<Setup> & {
      readonly name: string;
      readonly mode: string;
      /** What it listed in an earlier process. */
      readonly remembered?: readonly RawTool[];
    })[],
    unusable: readonly UnusableServer[] = [],
  ) {
    const configs = servers.map((server): ServerConfig => {
      const args = [join(SERVERS, 'raw.mjs'), server.mode];
      return serverConfig({
        ...server,
        endpoint: {
          kind: 'stdio',
          command: process.execPath,
          args,
          env: { [MARKER]: this.marker },
          cwd: process.cwd(),
        },
      });
    });
    const config = {
      servers: [...configs, ...unusable],
      limits: { maxMessageBytes: 1_000_000 },
    } as unknown as HostConfig;
    this.fleet = new Fleet(config, {
      env: process.env,
      expand: (endpoint) => endpoint,
      emit: (event) => {
        this.events.push(event);
      },
      version: '0',
      offersFor: () => NOTHING_OFFERED,
      redact: (text) => text,
      rememberedOf: (id) => servers.find(({ name }) => name === id)?.remembered,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet.close();
    const left = livingProcesses(this.marker);
    if (left.length > 0) throw new Error(`processes are left after close: ${left.join(', ')}`);
  }
}

describe('a fleet', () => {
  test('has a connection for every usable server, in the order of the file', async () => {
    const unusable: UnusableServer = {
      kind: 'unusable',
      id: serverId('off'),
      reason: 'disabled',
      intended: true,
    };
    await using test = new TestFleet(
      [
        { name: 'b', mode: 'good' },
        { name: 'a', mode: 'good' },
      ],
      [unusable],
    );
    expect(test.fleet.all().map((connection) => connection.id)).toEqual(['b', 'a']);
    expect(test.fleet.get(serverId('a'))?.id).toBe('a');
    expect(test.fleet.get(serverId('off'))).toBeUndefined();
  });

  test('starts all servers at once: one that never answers and one that cannot start cost the others nothing', async () => {
    const good = Array.from({ length: 8 }, (_, index) => ({ name: `good${index}`, mode: 'good' }));
    await using test = new TestFleet([
      { name: 'hung', mode: 'silent' },
      { name: 'broken', mode: 'exit-7' },
      ...good,
    ]);
    test.fleet.start();
    const states = await Promise.all(
      test.fleet
        .all()
        .slice(1)
        .map((connection) => connection.settled()),
    );
    expect(states.map((state) => state.kind)).toEqual(['failed', ...good.map(() => 'ready')]);
    expect(test.fleet.all()[0]?.state.kind).toBe('connecting');
    const outcomes = await Promise.all(
      test.fleet
        .all()
        .slice(2)
        .map((connection) => connection.callTool(toolName('echo'), { text: 'x' }, life())),
    );
    expect(outcomes.every((outcome) => outcome.kind === 'ok')).toBe(true);
    const changes = test.events.filter((event) => event.kind === 'connection-change');
    expect(changes.filter((change) => change.state.kind === 'ready')).toHaveLength(8);
  });

  test('starts a lazy server when it is first needed', async () => {
    await using test = new TestFleet([
      { name: 'eager', mode: 'good' },
      { name: 'lazy', mode: 'good', start: 'lazy' },
      { name: 'background', mode: 'good', start: 'background' },
    ]);
    test.fleet.start();
    expect(test.fleet.all().map((connection) => connection.state.kind)).toEqual([
      'connecting',
      'idle',
      'connecting',
    ]);
    expect(await test.fleet.get(serverId('lazy'))?.settled()).toMatchObject({ kind: 'ready' });
  });

  test('starts background servers whose tools are remembered one by one, so that others have their turn between', async () => {
    const remembered = [{ name: 'echo', inputSchema: { type: 'object' } }];
    const names = ['a', 'b', 'c'];
    await using test = new TestFleet(
      names.map((name) => ({ name, mode: 'good', start: 'background', remembered })),
    );
    const kinds = (): readonly string[] => test.fleet.all().map(({ state }) => state.kind);
    test.fleet.start();
    expect(kinds()).toEqual(['idle', 'idle', 'idle']);
    expect(test.fleet.all().map((connection) => connection.tools())).toEqual(
      names.map(() => remembered),
    );
    const first = await new Promise((resolve) => {
      const poll = (): void => {
        if (kinds().includes('connecting')) resolve(kinds());
        else setImmediate(poll);
      };
      poll();
    });
    expect(first).toEqual(['connecting', 'idle', 'idle']);
    await eventually('all', () => kinds().every((kind) => kind === 'ready'));
  });

  verifies(
    'orphans:close-budget',
    'is closed in bounded time, whatever its servers do, at whatever moment',
    async () => {
      const modes = [
        'good',
        'ignore-term',
        'ignore-eof',
        'grandchild',
        'silent',
        'exit-7',
        'silent-list',
      ];
      await using test = new TestFleet(modes.map((mode) => ({ name: mode, mode })));
      test.fleet.start();
      await eventually('the first ready one', () =>
        test.events.some(
          (event) => event.kind === 'connection-change' && event.state.kind === 'ready',
        ),
      );
      const started = performance.now();
      await test.fleet.close();
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(livingProcesses(test.marker)).toEqual([]);
      expect(test.fleet.all().every((connection) => connection.state.kind === 'closed')).toBe(true);
      // Closing again, and using what is closed, does no harm.
      await test.fleet.close();
      test.fleet.start();
      expect(test.fleet.all().every((connection) => connection.state.kind === 'closed')).toBe(true);
    },
  );
});
