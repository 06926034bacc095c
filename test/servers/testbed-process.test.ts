import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SERVER, startHttp } from './testbed-session.ts';

/** Starts the server without a client, and leaves its standard input open. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [SERVER, ...args]);
  // Nothing is left behind when a test fails half-way.
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
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

function callMessage(name: string, args: object): object {
  return { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: args } };
}

function lines(...messages: readonly object[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

describe('the command line', () => {
  test('--help explains every option and exits 0', async () => {
    const { code, stdout } = await start(['--help']).finished;
    expect(code).toBe(0);
    for (const option of ['era', 'http', 'host', 'port', 'start-delay', 'list-pages', 'tools']) {
      expect(stdout).toContain(`--${option}`);
    }
  });

  test.each([
    [['--nonsense'], '--nonsense'],
    [['word'], 'word'],
    [['--era', 'old'], '"old" is none of modern, legacy, dual'],
    [['--port', '80'], '--http'],
    [['--host', 'localhost'], '--http'],
    [['--http', '--host', ''], '--host'],
    [['--http', '--port', '65536'], '--port "65536" is not a whole number from 0 to 65535'],
    [['--tools', '10000'], '--tools "10000" is not a whole number from 0 to 9999'],
    [['--tools', '1.5'], '"1.5"'],
    [['--list-pages', '0'], 'from 1 to 1000'],
    [['--start-delay', 'long'], '--start-delay "long"'],
  ])('%j is refused on stderr with exit code 2', async (args, why) => {
    const { code, stdout, stderr } = await start(args).finished;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(why);
  });

  test('a port in use ends it with exit code 3 and says what to do', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await start(['--http', '--port', String(port)]).finished;
    expect(code).toBe(3);
    expect(stderr).toContain(`127.0.0.1:${port}: the port is in use; choose another with --port`);
    taken.close();
  });
});

describe.each(['legacy', 'dual', 'modern'] as const)('in the era %s', (era) => {
  test('stdout carries protocol messages only, and the end of stdin ends the server with 0', async () => {
    const { child, finished } = start(['--era', era]);
    child.stdin.write(`${lines(INITIALIZE)}this is no message\n`);
    await once(child.stdout, 'data');
    child.stdin.end();
    const { code, stdout } = await finished;
    expect(code).toBe(0);
    for (const line of stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
    }
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0, whatever runs', async (signal) => {
    const { child, finished } = start(['--era', era]);
    child.stdin.write(
      lines(INITIALIZE, callMessage('hang', {}), callMessage('sleep', { ms: 600_000 })),
    );
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await finished).toMatchObject({ code: 0, signal: null });
  });

  test('SIGTERM ends it with 0 over HTTP, even with a client connected', async () => {
    await using server = await startHttp(['--era', era]);
    await post(server.url, {});
    const closed = once(server.child, 'close');
    server.child.kill('SIGTERM');
    expect((await closed)[0]).toBe(0);
  });

  test('only requests to and from this machine are answered', async () => {
    await using server = await startHttp(['--era', era]);
    const { port } = server.url;
    const good = [{}, { host: `localhost:${port}` }, { origin: 'http://127.0.0.1:3000' }];
    for (const headers of good) {
      // A modern server understands the request, and refuses its era.
      expect(await post(server.url, headers)).toBe(era === 'modern' ? 400 : 200);
    }
    const bad = [{ host: 'evil.example' }, { origin: 'http://evil.example' }, { origin: 'null' }];
    for (const headers of bad) expect(await post(server.url, headers)).toBe(403);
    expect(await post(new URL('/', server.url), {})).toBe(404);
  });

  test('it starts as late as it is told', async () => {
    const startedAt = performance.now();
    const { child, finished } = start(['--era', era, '--start-delay', '700']);
    child.stdin.end(lines(INITIALIZE));
    const { stdout } = await finished;
    expect(performance.now() - startedAt).toBeGreaterThan(690);
    expect(stdout).toContain('"id":1');
  });

  test('and can be ended before', async () => {
    const { child, finished } = start(['--era', era, '--start-delay', '600000']);
    await once(child, 'spawn');
    // Node has to have started far enough to hear it: before that, the signal itself ends it.
    child.kill('SIGTERM');
    const { code, signal } = await finished;
    expect([code, signal]).toEqual(code === null ? [null, 'SIGTERM'] : [0, null]);
  });
});

test('of sessions that do not exist a legacy server says 404', async () => {
  await using server = await startHttp(['--era', 'legacy']);
  expect(await post(server.url, { 'mcp-session-id': 'unknown' })).toBe(404);
});

test.each([
  [{}, { code: 1, signal: null }],
  [{ exit_code: 7 }, { code: 7, signal: null }],
  [{ signal: 'SIGKILL' }, { code: null, signal: 'SIGKILL' }],
  [{ signal: 'SIGSEGV' }, { code: null, signal: 'SIGSEGV' }],
  [{ signal: 'SIGTERM' }, { code: null, signal: 'SIGTERM' }],
])('crash with %j ends it so: %j', async (args, end) => {
  const { child, finished } = start([]);
  child.stdin.write(lines(INITIALIZE, callMessage('crash', args)));
  const { code, signal, stdout } = await finished;
  expect({ code, signal }).toEqual(end);
  expect(stdout).not.toContain('"id":2');
});

/** Opens a session; resolves to the status of the answer. */
async function post(url: URL, headers: Record<string, string>): Promise<number> {
  return await new Promise((resolve, reject) => {
    const all = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    };
    httpRequest(url, { method: 'POST', headers: all }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end(JSON.stringify(INITIALIZE));
  });
}
