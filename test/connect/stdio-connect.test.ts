import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { toolName } from '../../src/call/names.ts';
import { rawServer, stdioServer, textOf } from '../support/connections.ts';
import { eventually } from '../support/leaks.ts';
import { NOTHING_OFFERED } from '../support/offers.ts';
import { life } from '../support/life.ts';
import { SERVER as TESTBED } from '../servers/testbed-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'fanout-commands-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('connecting to a stdio server', () => {
  test('goes from idle over connecting to ready, and tells of each step', async () => {
    await using server = rawServer();
    expect(server.connection.state).toEqual({ kind: 'idle' });
    server.connection.start();
    server.connection.start();
    expect(server.connection.state).toEqual({ kind: 'connecting' });
    const { signal } = new AbortController();
    expect(await server.connection.callTool(toolName('echo'), {}, life({ signal }))).toMatchObject({
      kind: 'failed',
      code: 'not-connected',
      ran: 'no',
    });
    const state = await server.connection.settled();
    expect(state).toMatchObject({ kind: 'ready', tools: 3, protocolVersion: '2025-11-25' });
    expect(server.connection.tools().map((tool) => tool.name)).toEqual([
      'echo',
      'typed',
      'untestable',
    ]);
    expect(server.connection.tools()).toBe(server.connection.tools());
    await server.connection.close();
    expect(server.connection.state).toEqual({ kind: 'closed' });
    expect(
      server.events.map((event) => event.kind === 'connection-change' && event.state.kind),
    ).toEqual(['connecting', 'ready', 'closed']);
    expect(server.connection.tools()).toEqual([]);
    expect(await server.call('echo')).toMatchObject({
      kind: 'failed',
      code: 'not-connected',
      ran: 'no',
    });
  });

  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'works with a server of %s',
    async (version) => {
      await using server = await rawServer('good', { options: { version } }).ready();
      expect(server.connection.state).toMatchObject({ kind: 'ready', protocolVersion: version });
      expect(textOf(await server.call('echo', { text: version }))).toBe(version);
      expect(server.starts()).toBe(1);
    },
  );

  test('asks a server that knows the old era only, on the same process', async () => {
    await using server = await rawServer().ready();
    const requests = server.wire().filter((event) => event.event === 'received');
    expect(requests.map((event) => event.method)).toEqual([
      'server/discover',
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
    expect(server.starts()).toBe(1);
  });

  test('does not ask a server that is configured as old', async () => {
    await using server = await rawServer('good', { protocol: 'legacy' }).ready();
    expect(server.wire().some((event) => event.method === 'server/discover')).toBe(false);
  });

  test('takes a server that is silent before `initialize` for an old one after a short while, without starting it again', async () => {
    await using server = await rawServer('silent-probe').ready();
    expect(server.connection.state).toHaveProperty(
      'readyMs',
      expect.closeTo(3_000, -3.5) as number,
    );
    expect(textOf(await server.call('echo', { text: 'x' }))).toBe('x');
    expect(server.starts()).toBe(1);
  });

  test('lets a server of the new era be slow: it is asked again when it was taken for an old one, and waited for where the config says what it is', async () => {
    const args = [TESTBED, '--era', 'modern', '--start-delay', '3500'];
    await using asked = stdioServer(process.execPath, args);
    await using told = stdioServer(process.execPath, args, { protocol: 'modern' });
    await Promise.all([asked.ready(), told.ready()]);
    for (const { connection } of [asked, told]) {
      expect(connection.state).toMatchObject({ protocolVersion: '2026-07-28' });
    }
    expect(asked.living()).toHaveLength(1);
  });

  test('leaves nothing behind of a server that knows no version of the protocol, whatever it says it knows, and starts it once', async () => {
    for (const protocol of ['auto', 'legacy'] as const) {
      const supported = [{ toString: 1 }, null, 'a draft', '2024-10-07'];
      await using server = rawServer('refuse-version', { protocol, options: { supported } });
      expect(await server.failure()).toContain('It knows: a draft, 2024-10-07.');
      expect(server.starts()).toBe(1);
    }
  });

  test('starts a server again, once and after it has exited, when the question made it exit', async () => {
    await using server = await rawServer('exit-on-probe').ready();
    expect(textOf(await server.call('echo', { text: 'x' }))).toBe('x');
    const starts = server.wire().filter((event) => event.event === 'start');
    expect(starts).toHaveLength(2);
    const [first, second] = starts;
    expect(server.living()).toContain(second?.pid);
    expect(server.living()).not.toContain(first?.pid);
  });

  test('fails when the server exits at once, with its exit code and last words, made harmless', async () => {
    await using server = rawServer('exit-7');
    const reason = await server.failure();
    expect(reason).toContain('server "raw" went away: it exited with code 7.');
    expect(reason).toContain('cannot open the database');
    expect(reason).toContain('\\x1b[31mdata.sqlite\\x1b[0m');
    expect(reason).not.toContain('\u001b');
    expect(await server.call('echo')).toMatchObject({
      kind: 'failed',
      code: 'not-connected',
      ran: 'no',
    });
  });

  test('fails after the time limit when the server never answers, saying so, and leaves nothing of it', async () => {
    await using server = rawServer('silent', {
      timeouts: { connectMs: 2_000 },
      protocol: 'legacy',
      restart: { baseMs: 60_000, maxMs: 60_000 },
    });
    const reason = await server.failure();
    expect(reason).toContain('was not ready within 2000 ms (mcpServers.raw.timeouts.connectMs)');
    expect(reason).toContain('has sent no message at all');
    expect(reason).toMatch(/it was still running \(pid \d+\), and was ended\./);
    await eventually('the end of the process', () => server.living().length === 0);
    expect(server.starts()).toBe(1);
  });

  test('fails after the time limit when the server does not list its tools', async () => {
    await using server = rawServer('silent-list', { timeouts: { connectMs: 4_000 } });
    expect(await server.failure()).toContain('it did not finish listing its tools');
  });

  test('fails when the server names a version that does not exist', async () => {
    await using server = rawServer('version-lie');
    expect(await server.failure()).toContain('1999-01-01');
  });

  test('fails when the server dies while it lists its tools', async () => {
    await using server = rawServer('half-list');
    const reason = await server.failure();
    expect(reason).toContain('it exited with code 3');
    expect(reason).toContain('out of memory');
    expect(server.starts()).toBe(1);
  });

  test('fails for a server of the old era when the new one is demanded', async () => {
    await using server = rawServer('good', { protocol: 'modern' });
    const reason = await server.failure();
    expect(reason).toContain('2026-07-28');
    expect(reason).toContain('"protocol": "auto"');
  });

  test('fails for a command that is not there, and says what to do', async () => {
    await using missing = stdioServer('no-such-command-here', []);
    expect(await missing.failure()).toBe(
      'server "raw" cannot be started: the command "no-such-command-here" was not found on the PATH. Install it, or give its full path as "command" in the config.',
    );
    await using file = stdioServer(join(folder, 'nowhere'), []);
    expect(await file.failure()).toContain('there is no file');
  });

  test('fails for a command that may not be executed, or whose interpreter is missing', async () => {
    const plain = join(folder, 'plain.sh');
    writeFileSync(plain, '#!/bin/sh\n');
    await using server = stdioServer(plain, []);
    expect(await server.failure()).toContain('may not be executed. Make it executable (chmod +x)');
    const orphan = join(folder, 'orphan.sh');
    writeFileSync(orphan, '#!/no/such/interpreter\n');
    chmodSync(orphan, 0o755);
    await using other = stdioServer(orphan, []);
    expect(await other.failure()).toContain('the interpreter named in the first line');
    await using directory = stdioServer(folder, []);
    expect(await directory.failure()).toContain('may not be executed');
  });

  test('fails for a working directory that is not there', async () => {
    await using server = rawServer('good', { cwd: join(folder, 'gone') });
    expect(await server.failure()).toContain(
      `its working directory ${join(folder, 'gone')} does not exist. Mend "cwd"`,
    );
    writeFileSync(join(folder, 'a-file'), '');
    await using other = rawServer('good', { cwd: join(folder, 'a-file') });
    expect(await other.failure()).toContain('is no directory');
  });

  test('passes arguments as they are, through no shell', async () => {
    const args = [
      'a b',
      '"quoted"',
      "'single'",
      ';rm -rf /',
      '$(id)',
      '`id`',
      '*',
      'line\nbreak',
      '',
      '🦊',
    ];
    await using server = await rawServer('good', { args }).ready();
    expect(JSON.parse(textOf(await server.call('args')))).toEqual(args);
    expect(textOf(await server.call('cwd'))).toBe(process.cwd());
  });

  test('gives the server the safe part of the environment and what its config says, and no secret beside', async () => {
    process.env['FANOUT_SECRET'] = 'hush';
    try {
      await using server = await rawServer('good', { env: { GIVEN: 'yes' } }).ready();
      const env = JSON.parse(textOf(await server.call('env'))) as Record<string, string>;
      expect(env['GIVEN']).toBe('yes');
      expect(env['PATH']).toBe(process.env['PATH']);
      expect(env['FANOUT_SECRET']).toBeUndefined();
    } finally {
      delete process.env['FANOUT_SECRET'];
    }
  });

  test('skips what is no message on stdout, and tells of it once, made harmless', async () => {
    await using server = await rawServer('junk').ready();
    const notices = server.notices();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({ code: 'stdout-junk', server: 'raw' });
    expect(notices[0]?.message).toContain('stdout what is no message');
    expect(notices[0]?.message).toContain('Server listening on stdio');
  });

  test('takes JSON on stdout that is no message for what it is: a call in flight is not answered by it', async () => {
    await using server = await rawServer().ready();
    expect(textOf(await server.call('log-json', { text: 'x' }))).toBe('x');
    expect(server.notices()).toMatchObject([
      {
        code: 'stdout-junk',
        message: expect.stringMatching(
          /JSON that is no JSON-RPC message.*"error":"no such table"/,
        ) as string,
      },
    ]);
  });

  test('is not stopped by two megabytes on stderr', async () => {
    await using server = await rawServer('stderr-flood').ready();
    expect(textOf(await server.call('echo', { text: 'x' }))).toBe('x');
    // Nobody would ever have read all of it, were it not drained.
    await eventually('the end of the flood', () =>
      server.wire().some((event) => event.event === 'flooded'),
    );
    const outcome = await server.call('crash', { code: 1 });
    expect(outcome).toHaveProperty('message', expect.stringContaining('the last line'));
    expect((outcome as { message: string }).message.length).toBeLessThan(2_000);
  });

  test('that is given up half-way leaves nothing', async () => {
    await using server = rawServer('silent');
    server.connection.start();
    const settled = server.connection.settled();
    await eventually('the start of the process', () => server.starts() === 1);
    await server.connection.close();
    expect(await settled).toEqual({ kind: 'closed' });
    expect(server.living()).toEqual([]);
    // And when it is given up before the process has started.
    await using early = rawServer('silent');
    early.connection.start();
    await early.connection.close();
    expect(early.living()).toEqual([]);
    expect(early.connection.state).toEqual({ kind: 'closed' });
  });

  test('fails with the reason of an endpoint that cannot be expanded', async () => {
    const { Connection } = await import('../../src/connect/connection.ts');
    const { HostError } = await import('../../src/base/errors.ts');
    const { serverConfig } = await import('../support/connections.ts');
    const config = serverConfig({
      endpoint: { kind: 'stdio', command: 'x', args: [], env: {}, cwd: '/' },
    });
    const connection = new Connection(
      config,
      {
        env: {},
        expand: () => {
          throw new HostError('config', 'the variable TOKEN is not set');
        },
        emit: () => undefined,
        version: '0',
        offers: NOTHING_OFFERED,
        redact: (text) => text,
      },
      { maxMessageBytes: 1_000 },
    );
    expect(await connection.settled()).toEqual({
      kind: 'failed',
      reason: 'the variable TOKEN is not set',
    });
    await connection.close();
  });
});
