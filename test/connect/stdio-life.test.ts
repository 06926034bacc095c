import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { registeredGroups } from '../../src/connect/process-groups.ts';
import { rawServer, textOf } from '../support/connections.ts';
import { eventually, livingProcesses } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';

describe('a stdio server', () => {
  test('that crashes fails every call in flight with its end and last words, and is backing off with the cause', async () => {
    await using server = await rawServer().ready();
    const tools = server.connection.tools();
    const waits = [server.call('wait'), server.call('wait')];
    await eventually(
      'the calls at the server',
      () => server.wire().filter((event) => event.method === 'tools/call').length === 2,
    );
    const outcomes = await Promise.all([server.call('crash', { code: 9 }), ...waits]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: 'failed', code: 'connection-lost', ran: 'unknown' });
      expect(outcome).toHaveProperty(
        'message',
        expect.stringContaining('server "raw" went away: it exited with code 9.'),
      );
      expect(outcome).toHaveProperty(
        'message',
        expect.stringContaining('\\x1b]0;owned\\x07segmentation fault'),
      );
    }
    expect(server.connection.state).toMatchObject({
      kind: 'backing-off',
      reason: expect.stringContaining('code 9') as string,
      attempt: 1,
    });
    expect(server.connection.tools()).toBe(tools);
  });

  test('that is killed is told of by its signal', async () => {
    await using server = await rawServer().ready();
    expect(await server.call('crash', { signal: 'SIGKILL' })).toHaveProperty(
      'message',
      expect.stringContaining('it was killed by SIGKILL'),
    );
  });

  test('that closes its stdout or its stdin and lives on is of no use, and is ended', async () => {
    await using mute = await rawServer().ready();
    expect(await mute.call('close-stdout')).toMatchObject({
      kind: 'failed',
      code: 'connection-lost',
    });
    expect(mute.connection.state).toMatchObject({
      kind: 'backing-off',
      reason: expect.stringContaining('closed its stdout') as string,
    });
    const [mutePid] = mute.wire().map(({ pid }) => pid);
    await eventually('its end', () => !mute.living().includes(mutePid ?? 0));

    await using deaf = await rawServer().ready();
    void deaf.call('close-stdin');
    await eventually('the notice of it', () => {
      // Only a write can tell that nobody reads.
      void deaf.call('echo', { text: 'x'.repeat(1_000) });
      return deaf.connection.state.kind === 'backing-off';
    });
    expect(deaf.connection.state).toMatchObject({
      reason: expect.stringContaining('closed its stdin') as string,
    });
    const [deafPid] = deaf.wire().map(({ pid }) => pid);
    await eventually('its end', () => !deaf.living().includes(deafPid ?? 0));
  });

  test('that stops reading holds back the calls that come after, and none of them waits for ever', async () => {
    await using server = await rawServer().ready();
    await server.call('stop-reading');
    const calls = Array.from({ length: 40 }, () =>
      server.call('echo', { text: 'z'.repeat(100_000) }),
    );
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    await server.connection.close();
    const outcomes = await Promise.all(calls);
    expect(
      outcomes.every((outcome) => outcome.kind === 'cancelled' && outcome.code === 'host-closed'),
    ).toBe(true);
    // The first lines may have left; those behind them have not.
    expect(new Set(outcomes.map((outcome) => outcome.ran))).toEqual(new Set(['unknown', 'no']));
  });

  test('that dies leaves calls that had not been sent known not to have run', async () => {
    await using server = await rawServer().ready();
    await server.call('stop-reading');
    const calls = Array.from({ length: 40 }, () =>
      server.call('echo', { text: 'z'.repeat(100_000) }),
    );
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    const pid = server.wire()[0]?.pid;
    process.kill(pid!, 'SIGKILL');
    const outcomes = await Promise.all(calls);
    expect(
      outcomes.every((outcome) => outcome.kind === 'failed' && outcome.code === 'connection-lost'),
    ).toBe(true);
    expect(outcomes.at(-1)).toMatchObject({ ran: 'no' });
    expect(outcomes[0]).toMatchObject({ ran: 'unknown' });
  });

  test('ends by itself when its stdin ends', async () => {
    await using server = await rawServer().ready();
    await server.connection.close();
    expect(server.wire().at(-1)?.event).toBe('eof');
    expect(server.living()).toEqual([]);
  });

  test('that ignores the end of its stdin gets SIGTERM, and one that ignores that, too, SIGKILL', async () => {
    await using stubborn = await rawServer('ignore-eof').ready();
    await using deaf = await rawServer('ignore-term').ready();
    const started = performance.now();
    await Promise.all([stubborn.connection.close(), deaf.connection.close()]);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(stubborn.living()).toEqual([]);
    expect(deaf.living()).toEqual([]);
    expect(deaf.wire().map((event) => event.event)).toContain('sigterm');
  });

  test('that is stopped by a signal is killed all the same', async () => {
    await using server = await rawServer().ready();
    const pid = server.wire()[0]?.pid;
    process.kill(pid!, 'SIGSTOP');
    await server.connection.close();
    expect(server.living()).toEqual([]);
  });

  test.each([{ inherit: false }, { inherit: true }])(
    'is closed with the processes that it started ($inherit)',
    async (options) => {
      await using server = await rawServer('grandchild', { options }).ready();
      expect(server.living()).toHaveLength(2);
      await server.connection.close();
      expect(server.living()).toEqual([]);
    },
  );

  test.each([{ inherit: false }, { inherit: true }])(
    'that dies takes along what it started ($inherit)',
    async (options) => {
      await using server = await rawServer('grandchild', { options }).ready();
      const before = server.living();
      expect(before).toHaveLength(2);
      expect(await server.call('crash')).toMatchObject({ kind: 'failed', code: 'connection-lost' });
      await eventually('the end of the grandchild', () =>
        server.living().every((pid) => !before.includes(pid)),
      );
    },
  );

  verifies('orphans:none', 'that cannot become ready leaves no group behind', async () => {
    const before = registeredGroups().length;
    for (const mode of ['exit-7', 'version-lie', 'half-list']) {
      await using server = rawServer(mode);
      await server.failure();
    }
    expect(registeredGroups()).toHaveLength(before);
  });

  test('ends a call that is in flight when the host closes it', async () => {
    await using server = await rawServer().ready();
    const call = server.call('wait');
    await eventually('the call at the server', () =>
      server.wire().some((event) => event.method === 'tools/call'),
    );
    const closed = server.connection.close();
    expect(await call).toMatchObject({ kind: 'cancelled', code: 'host-closed', ran: 'unknown' });
    await closed;
    await server.connection.close();
  });

  verifies(
    'heal:list-changed',
    'has its tools read anew when it says that they have changed, in a storm of such words, too',
    async () => {
      await using server = await rawServer().ready();
      const before = server.connection.tools();
      await server.call('change-list', {
        tools: [{ name: 'brand_new', inputSchema: { type: 'object' } }],
        times: 500,
      });
      await eventually('the new list', () => server.toolChanges > 0);
      expect(server.connection.tools().map((tool) => tool.name)).toEqual(['brand_new']);
      expect(server.connection.tools()).not.toBe(before);
      expect(server.wire().filter((event) => event.method === 'tools/list').length).toBeLessThan(
        10,
      );
      expect(server.connection.state).toMatchObject({ kind: 'ready', tools: 1 });
      expect(textOf(await server.call('echo', { text: 'x' }))).toBe('x');
    },
  );

  verifies('orphans:none', 'is killed when the host exits without closing it', async () => {
    const marker = `exit-${process.pid}-${Date.now()}`;
    const script = fileURLToPath(new URL('../support/exit-without-close.mjs', import.meta.url));
    const host = spawn(process.execPath, [script, marker], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(host.stdout, 'data');
    await eventually('the server', () => livingProcesses(marker).length === 2);
    host.stdin.write('exit\n');
    const [code] = (await once(host, 'exit')) as [number | null];
    expect(code).toBe(0);
    await eventually('the end of the server', () => livingProcesses(marker).length === 0);
  });
});
