import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SERVER, scratch, startHttp } from './workspace-session.ts';

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the server, writes `input`, and leaves its standard input open unless `end`. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [SERVER, ...args]);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = once(child, 'close').then(([code]): Finished => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { child, finished };
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 't', version: '1' },
  },
};

describe('the command line', () => {
  test('--help explains every option and exits 0', async () => {
    const { code, stdout } = await start(['--help']).finished;
    expect(code).toBe(0);
    for (const option of ['--root', '--read-only', '--http', '--host', '--port']) {
      expect(stdout).toContain(option);
    }
  });

  test.each([
    [['--nonsense'], '--nonsense'],
    [['folder'], 'folder'],
    [['--root'], '--root'],
    [['--root', '/does/not/exist'], 'does not exist'],
    [['--root', SERVER], 'is not a folder'],
    [['--root', ''], '--root'],
    [['--port', '80'], '--http'],
    [['--host', 'localhost'], '--http'],
    [['--http', '--port', 'x'], '"x" is not a port'],
    [['--http', '--port', '65536'], '"65536" is not a port'],
    [['--http', '--port', '-1'], '--port'],
    [['--http', '--host', ''], '--host'],
  ])('%j is refused on stderr with exit code 2', async (args, why) => {
    const { code, stdout, stderr } = await start(args).finished;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(why);
  });

  test('a port in use ends it with exit code 3 and says what to do', async () => {
    await using folder = await scratch();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const args = ['--http', '--root', folder.root];
    const { code, stderr } = await start([...args, '--port', String(port)]).finished;
    expect(code).toBe(3);
    expect(stderr).toContain(`127.0.0.1:${port}: the port is in use; choose another with --port`);
    // An address of nobody's, reserved for documentation.
    const away = await start([...args, '--host', '192.0.2.1']).finished;
    expect(away.code).toBe(3);
    expect(away.stderr).toContain('EADDRNOTAVAIL');
    taken.close();
  });
});

describe('over standard streams', () => {
  test('stdout carries protocol messages only, and the end of stdin ends the server with 0', async () => {
    await using folder = await scratch();
    const { child, finished } = start(['--root', folder.root]);
    child.stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
    child.stdin.write('this is no message\n');
    await once(child.stdout, 'data');
    child.stdin.end();
    const { code, stdout } = await finished;
    expect(code).toBe(0);
    for (const line of stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
    }
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0', async (signal) => {
    await using folder = await scratch();
    const { child, finished } = start(['--root', folder.root]);
    child.stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await finished).toMatchObject({ code: 0, stderr: '' });
  });

  test('the current folder is the root if none is named', async () => {
    await using folder = await scratch({ 'here.txt': 'here' });
    const child = spawn(process.execPath, [SERVER], { cwd: folder.root });
    const messages = [
      INITIALIZE,
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      {
        jsonrpc: '2.0',
        id: 2,
        method: 'tools/call',
        params: { name: 'read_file', arguments: { path: 'here.txt' } },
      },
    ];
    child.stdin.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
    let stdout = '';
    for await (const text of child.stdout.setEncoding('utf8')) {
      stdout += String(text);
      if (stdout.includes('"id":2')) child.stdin.end();
    }
    expect(stdout).toContain('"text":"here"');
  });
});

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The session that was begun; empty if none was. */
  readonly session: string;
}

async function post(url: URL, headers: Record<string, string>): Promise<HttpAnswer> {
  return await new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
      },
      (response) => {
        let body = '';
        response
          .setEncoding('utf8')
          .on('data', (text: string) => (body += text))
          .on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body,
              session: String(response.headers['mcp-session-id'] ?? ''),
            }),
          );
      },
    );
    request.on('error', reject).end(JSON.stringify(INITIALIZE));
  });
}

describe('over HTTP', () => {
  test('only requests to and from this machine are answered', async () => {
    await using folder = await scratch();
    await using server = await startHttp(['--root', folder.root]);
    const { port } = server.url;
    expect(server.url.hostname).toBe('127.0.0.1');
    const good = [
      {},
      { host: `localhost:${port}` },
      { host: `[::1]:${port}` },
      { origin: `http://localhost:${port}` },
      { origin: 'http://127.0.0.1:3000' },
    ];
    for (const headers of good) {
      expect(await post(server.url, headers)).toMatchObject({ status: 200 });
    }
    const bad = [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { host: 'localhost.evil.example' },
      { host: '127.0.0.1.evil.example' },
      { origin: 'http://evil.example' },
      { origin: 'https://localhost.evil.example' },
      { origin: 'null' },
      { host: 'evil.example', origin: `http://127.0.0.1:${port}` },
    ];
    for (const headers of bad) {
      const { status, body } = await post(server.url, headers);
      expect([headers, status]).toEqual([headers, 403]);
      expect(body).not.toContain('serverInfo');
    }
  });

  test('listens on the address and port asked for, and another path is 404', async () => {
    await using folder = await scratch();
    await using server = await startHttp(['--root', folder.root, '--host', '::1']);
    expect(server.url.host).toBe(`[::1]:${server.url.port}`);
    expect(await post(server.url, {})).toMatchObject({ status: 200 });
    expect(await post(new URL('/', server.url), {})).toMatchObject({ status: 404 });
  });

  test('with a wildcard address other names are refused still', async () => {
    await using folder = await scratch();
    await using server = await startHttp(['--root', folder.root, '--host', '0.0.0.0']);
    const local = new URL(`http://127.0.0.1:${server.url.port}/mcp`);
    expect(await post(local, {})).toMatchObject({ status: 200 });
    expect(await post(local, { host: 'evil.example' })).toMatchObject({ status: 403 });
  });

  test('a session that does not exist is 404, a request without one that needs it 400', async () => {
    await using folder = await scratch();
    await using server = await startHttp(['--root', folder.root]);
    expect(await post(server.url, { 'mcp-session-id': 'unknown' })).toMatchObject({ status: 404 });
    const list = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    expect(list.status).toBe(400);
    await list.body?.cancel();
  });

  test('of very many sessions that nobody closes, the one longest unused makes room', async () => {
    await using folder = await scratch();
    await using server = await startHttp(['--root', folder.root]);
    const ids: string[] = [];
    for (let count = 0; count < 258; count += 1) {
      const { session } = await post(server.url, {});
      ids.push(session);
      // The first is kept in use.
      await post(server.url, { 'mcp-session-id': ids[0] ?? '' });
    }
    expect(new Set(ids).size).toBe(258);
    const status = async (id = '') => (await post(server.url, { 'mcp-session-id': id })).status;
    expect(await status(ids[1])).toBe(404);
    expect(await status(ids[2])).toBe(404);
    expect(await status(ids[0])).not.toBe(404);
    expect(await status(ids[3])).not.toBe(404);
    expect(await status(ids.at(-1))).not.toBe(404);
  });

  test('SIGTERM ends it with 0, even with a client connected', async () => {
    await using folder = await scratch();
    await using server = await startHttp(['--root', folder.root]);
    await post(server.url, { connection: 'keep-alive' });
    const closed = once(server.child, 'close');
    server.child.kill('SIGTERM');
    expect((await closed)[0]).toBe(0);
  });
});
