import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { eventually, livingProcesses, MARKER } from '../support/leaks.ts';
import { PROJECT } from './typescript-project.ts';
import { fakeCompiler, languageServerOf, openSession, SERVER } from './typescript-session.ts';
import { scratch } from './workspace-session.ts';

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the server and leaves its standard input open. */
function start(args: readonly string[], cwd?: string) {
  const marker = randomUUID();
  const child = spawn(process.execPath, [SERVER, ...args], {
    env: { ...process.env, [MARKER]: marker },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = once(child, 'close').then(([code]): Finished => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  /** Resolves when it has answered the request with this id. */
  const answered = async (id: number) =>
    await eventually(`an answer to ${id}`, () => stdout.includes(`"id":${id}`));
  const write = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`);
  return { child, finished, marker, answered, write };
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

function toolCall(id: number, name: string, args: object): object {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } };
}

describe('the command line', () => {
  test('--help explains every option and exits 0', async () => {
    const { code, stdout } = await start(['--help']).finished;
    expect(code).toBe(0);
    for (const option of ['--project', '--tsc', '--help']) expect(stdout).toContain(option);
  });

  test.each([
    [['--nonsense'], '--nonsense'],
    [['folder'], 'folder'],
    [['--project'], '--project'],
    [['--project', ''], '--project needs a folder'],
    [['--project', '/does/not/exist'], 'does not exist'],
    [['--project', SERVER], 'is not a folder'],
    [['--project', 'src'], 'holds no tsconfig.json'],
    [['--tsc', ''], '--tsc needs a file'],
    [['--tsc', '/does/not/exist'], 'is no file'],
  ])('%j is refused on stderr with exit code 2', async (args, why) => {
    const { code, stdout, stderr } = await start(args).finished;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(why);
  });

  test('the current folder is the project if none is named', async () => {
    await using folder = await scratch(PROJECT);
    const { child, finished, answered, write } = start([], folder.root);
    write(INITIALIZE);
    await answered(1);
    write({ jsonrpc: '2.0', method: 'notifications/initialized' });
    write(toolCall(2, 'type_of', { symbol: 'Unit' }));
    await answered(2);
    child.stdin.end();
    expect((await finished).stdout).toContain('Foot = 7');
  });
});

// What lives and what does not is read from Linux's own books.
describe.runIf(process.platform === 'linux')('the end', () => {
  const running = async (root: string) => {
    const server = start(['--project', root]);
    server.write(INITIALIZE);
    await server.answered(1);
    // The server, and the language server that it starts without being asked.
    await eventually('two processes', () => livingProcesses(server.marker).length === 2);
    return server;
  };

  test('stdout carries protocol messages only, and the end of stdin ends all with 0', async () => {
    await using folder = await scratch(PROJECT);
    const { child, finished, marker, answered, write } = start(['--project', folder.root]);
    write(INITIALIZE);
    child.stdin.write('this is no message\n');
    await answered(1);
    write({ jsonrpc: '2.0', method: 'notifications/initialized' });
    write(toolCall(2, 'diagnostics', {}));
    await answered(2);
    child.stdin.end();
    const { code, stdout } = await finished;
    expect(code).toBe(0);
    for (const line of stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
    }
    expect(livingProcesses(marker)).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends all with 0', async (signal) => {
    await using folder = await scratch(PROJECT);
    const { child, finished, marker } = await running(folder.root);
    child.kill(signal);
    expect(await finished).toMatchObject({ code: 0, stderr: '' });
    expect(livingProcesses(marker)).toEqual([]);
  });

  test('a language server that does not react is ended, too', async () => {
    await using folder = await scratch(PROJECT);
    const { child, finished, marker } = await running(folder.root);
    process.kill(languageServerOf(child.pid ?? 0) ?? 0, 'SIGSTOP');
    child.stdin.end();
    expect(await finished).toMatchObject({ code: 0 });
    expect(livingProcesses(marker)).toEqual([]);
  });

  test('a server that is killed leaves no language server behind', async () => {
    await using folder = await scratch(PROJECT);
    const { child, finished, marker } = await running(folder.root);
    child.kill('SIGKILL');
    await finished;
    await eventually('the end of all', () => livingProcesses(marker).length === 0);
    expect(livingProcesses(marker)).toEqual([]);
  });

  test('the language server has a process group of its own', async () => {
    await using folder = await scratch(PROJECT);
    await using session = await openSession(folder.root);
    await session.call('type_of', { symbol: 'Unit' });
    const pid = languageServerOf(session.pid) ?? 0;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    expect(Number(fields[2])).toBe(pid);
  });
});

describe('a language server that fails', () => {
  test('is started again by the next call, when it was killed between calls', async () => {
    await using folder = await scratch(PROJECT);
    await using session = await openSession(folder.root, { quiet: true });
    expect((await session.call('type_of', { symbol: 'Unit' })).isError).toBe(false);
    const first = languageServerOf(session.pid) ?? 0;
    process.kill(first, 'SIGKILL');
    // Until the server knows of it, a call would still be written to the dead process, and fail with its end.
    await eventually('its end', () => session.said().includes('language server ended (SIGKILL)'));
    expect((await session.call('type_of', { symbol: 'Unit' })).text).toContain('Foot = 7');
    expect(languageServerOf(session.pid)).not.toBe(first);
  });

  test.each([
    ['crash-once', 'The TypeScript language server ended during this call (SIGKILL)'],
    ['junk', 'The TypeScript language server sent a header without a Content-Length'],
    ['huge', 'sent a message of 999999999999 bytes; 67108864 are read at most'],
  ])(
    'in the middle of a call fails that call with the cause, and the next one works: %s',
    async (mode, why) => {
      await using folder = await scratch(PROJECT);
      const { tsc } = await fakeCompiler(folder, mode);
      await using session = await openSession(folder.root, { args: ['--tsc', tsc], quiet: true });
      const failed = await session.call('type_of', { symbol: 'format' });
      expect(failed).toMatchObject({
        isError: true,
        text: expect.stringContaining(why) as unknown,
      });
      const next = await session.call('type_of', { symbol: 'format' });
      expect(next.text).toContain('let fake: 1');
    },
  );

  test('at its start fails each call with the cause, and the server lives on', async () => {
    await using folder = await scratch(PROJECT);
    const { tsc } = await fakeCompiler(folder, 'exit');
    await using session = await openSession(folder.root, { args: ['--tsc', tsc], quiet: true });
    for (const symbol of ['a', 'b']) {
      const { isError, text } = await session.call('type_of', { symbol });
      expect([isError, text]).toEqual([true, expect.stringContaining('exit code 3')]);
    }
  });

  test('with an error of its own says it without the paths of this machine', async () => {
    await using folder = await scratch(PROJECT);
    const { tsc } = await fakeCompiler(folder, 'refuse');
    await using session = await openSession(folder.root, { args: ['--tsc', tsc] });
    const { isError, text } = await session.call('type_of', { symbol: 'format' });
    expect(isError).toBe(true);
    expect(text).toBe('TypeScript has no answer: panic in src/format.ts');
  });

  test('that is no program is told of', async () => {
    await using folder = await scratch(PROJECT);
    const args = ['--tsc', folder.at('package.json')];
    await using session = await openSession(folder.root, { args, quiet: true });
    const { isError, text } = await session.call('diagnostics', {});
    expect([isError, text]).toEqual([
      true,
      expect.stringContaining('could not be started (EACCES)'),
    ]);
  });
});

test('cancelling a call cancels its requests at the language server', async () => {
  await using folder = await scratch(PROJECT);
  const { tsc, log } = await fakeCompiler(folder, 'hang-once');
  await using session = await openSession(folder.root, { args: ['--tsc', tsc] });
  const abort = new AbortController();
  const lines = () => readFileSync(log, 'utf8').split('\n');
  const call = session.call('type_of', { symbol: 'format' }, abort.signal);
  call.catch(() => undefined);
  await eventually('the request', () =>
    lines().some((line) => line.startsWith('textDocument/hover')),
  );
  expect(lines()).not.toContain('$/cancelRequest');
  abort.abort();
  await expect(call).rejects.toThrow('aborted');
  await eventually('the cancellation', () => lines().includes('$/cancelRequest'));
  // The language server is the same one, and answers others.
  expect((await session.call('type_of', { symbol: 'format' })).text).toContain('let fake: 1');
  expect(lines().filter((line) => line.startsWith('initialize '))).toHaveLength(1);
});
