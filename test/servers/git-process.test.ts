import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/leaks.ts';
import { openSession, type Scratch, scratch, SERVER } from './git-session.ts';

const FILES = { 'a.txt': 'a\n', 'folder/b.txt': 'b\n' };

/** Starts the server without a client, and leaves its standard input open. */
function start(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
) {
  const child = spawn(process.execPath, [SERVER, ...args], options);
  // Nothing is left behind when a test fails half-way.
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { child, finished };
}

const INITIALIZE = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 't', version: '1' },
  },
})}\n`;

describe('the command line', () => {
  test('--help explains every option and exits 0', async () => {
    const { code, stdout } = await start(['--help']).finished;
    expect(code).toBe(0);
    for (const option of ['--repo', '--read-only', 'Exit codes']) expect(stdout).toContain(option);
  });

  test.each([
    [['--nonsense'], '--nonsense'],
    [['folder'], 'folder'],
    [['--repo'], '--repo'],
    [['--repo', ''], '--repo needs a folder'],
    [['--repo', '/does/not/exist'], 'does not exist'],
    [['--repo', SERVER], 'is not a folder'],
    [['--repo', path.parse(SERVER).root], 'not a git repository'],
  ])('%j is refused on stderr with exit code 2', async (args, why) => {
    const { code, stdout, stderr } = await start(args).finished;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(why);
  });

  test('a bare repository and the insides of one are no work tree', async () => {
    await using folder = await scratch(FILES);
    folder.git('clone', '--quiet', '--bare', '.', `${folder.base}/bare.git`);
    for (const repo of [`${folder.base}/bare.git`, folder.at('.git')]) {
      const { code, stderr } = await start(['--repo', repo], { env: folder.env }).finished;
      expect(code).toBe(2);
      expect(stderr).toContain('is not in a work tree');
    }
  });

  test('a config that declares another folder the work tree opens nothing', async () => {
    await using folder = await scratch(FILES);
    folder.git('config', 'core.worktree', folder.base);
    const { code, stderr } = await start(['--repo', folder.repo], { env: folder.env }).finished;
    expect(code).toBe(2);
    expect(stderr).toContain('which does not know of it');
  });

  test('a git that is missing or too old ends it with exit code 3 and says what to do', async () => {
    await using folder = await scratch(FILES);
    const bin = path.join(folder.base, 'bin');
    await mkdir(bin);
    const env = { ...folder.env, PATH: bin };
    const missing = await start(['--repo', folder.repo], { env }).finished;
    expect(missing).toMatchObject({ code: 3, stdout: '' });
    expect(missing.stderr).toContain('git is not installed, or not on the PATH');
    await plant(path.join(bin, 'git'), 'echo "git version 2.30.2"');
    const old = await start(['--repo', folder.repo], { env }).finished;
    expect(old).toMatchObject({ code: 3, stdout: '' });
    expect(old.stderr).toContain('git 2.31 or newer is needed; this is "git version 2.30.2"');
  });

  test('the current folder is the repository if none is named, whatever git surrounds the server', async () => {
    await using folder = await scratch(FILES);
    await using other = await scratch({ 'other.txt': 'o\n' });
    const env = { ...folder.env, GIT_DIR: other.at('.git'), GIT_WORK_TREE: other.repo };
    const { child, finished } = start([], { cwd: folder.at('folder'), env });
    const call = { name: 'show', arguments: { ref: 'HEAD', path: 'a.txt' } };
    child.stdin.write(INITIALIZE);
    child.stdin.write(
      `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n` +
        `${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: call })}\n`,
    );
    let seen = '';
    for await (const text of child.stdout) {
      seen += String(text);
      if (seen.includes('"id":2')) child.stdin.end();
    }
    expect(seen).toContain('"content":"a\\n"');
    await finished;
  });
});

/** Writes a shell script. */
async function plant(file: string, script: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

describe('the end', () => {
  test('stdout carries protocol messages only, and the end of stdin ends the server with 0', async () => {
    await using folder = await scratch(FILES);
    const { child, finished } = start(['--repo', folder.repo], { env: folder.env });
    child.stdin.write(`${INITIALIZE}this is no message\n`);
    await once(child.stdout, 'data');
    child.stdin.end();
    const { code, stdout } = await finished;
    expect(code).toBe(0);
    for (const line of stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
    }
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0', async (signal) => {
    await using folder = await scratch(FILES);
    const { child, finished } = start(['--repo', folder.repo], { env: folder.env });
    child.stdin.write(INITIALIZE);
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await finished).toMatchObject({ code: 0, stderr: '' });
  });
});

/** Where a script notes its process id and that of its child once both run. */
interface PidNote {
  /** The shell command that notes them. */
  readonly command: string;
  read(): Promise<number[]>;
}

function pidNote(folder: Scratch): PidNote {
  const file = path.join(folder.base, 'pids');
  return {
    // Renamed, so that it is there as a whole or not at all.
    command: `echo "$$ $!" > '${file}.new'; mv '${file}.new' '${file}'`,
    read: async () => {
      await eventually('the start of the script', () => existsSync(file));
      return (await readFile(file, 'utf8')).trim().split(' ').map(Number);
    },
  };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A `git` that stands before the real one, and at `log` starts a child and hangs. */
async function hangingGit(folder: Scratch, note: PidNote): Promise<Record<string, string>> {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const bin = path.join(folder.base, 'bin');
  await mkdir(bin);
  await plant(
    path.join(bin, 'git'),
    `if [ "$1" = log ]; then sleep 300 & ${note.command}; wait; fi\nexec '${real}' "$@"`,
  );
  return { PATH: `${bin}:${folder.env['PATH'] ?? ''}` };
}

describe('a call that is cancelled', () => {
  test('ends its git with all that this has started', async () => {
    await using folder = await scratch(FILES);
    const note = pidNote(folder);
    await using session = await openSession(folder, { env: await hangingGit(folder, note) });
    const cancel = new AbortController();
    const call = session.call('log', {}, cancel.signal);
    const processes = await note.read();
    expect(processes.map(alive)).toEqual([true, true]);
    cancel.abort(new Error('never mind'));
    await expect(call).rejects.toThrow('never mind');
    await eventually('the end of git', () => !processes.some(alive));
    expect((await session.call('status')).isError).toBe(false);
  });

  test('while it commits: hooks end even if they ignore it, no lock is left, nothing is committed', async () => {
    await using folder = await scratch(FILES);
    const note = pidNote(folder);
    await plant(
      folder.at('.git/hooks/pre-commit'),
      `trap '' TERM INT HUP\nsleep 300 & ${note.command}; wait`,
    );
    await folder.write({ 'a.txt': 'changed\n' });
    await using session = await openSession(folder);
    const cancel = new AbortController();
    const args = { message: 'Never', paths: ['a.txt'] };
    const call = session.call('commit', args, cancel.signal);
    const processes = await note.read();
    cancel.abort(new Error('never mind'));
    await expect(call).rejects.toThrow('never mind');
    await eventually('the end of the hook', () => !processes.some(alive));
    expect(folder.git('log', '--format=%s')).toBe('First');
    await plant(folder.at('.git/hooks/pre-commit'), 'exit 0');
    // Waits for the cancelled one: commits are made one after the other.
    const again = await session.call('commit', { ...args, message: 'Now' });
    expect(again.isError).toBe(false);
    expect(existsSync(folder.at('.git/index.lock'))).toBe(false);
  });

  test('by the end of the server ends its git, too', async () => {
    await using folder = await scratch(FILES);
    const note = pidNote(folder);
    const session = await openSession(folder, { env: await hangingGit(folder, note) });
    const call = session.call('log').catch(() => 'gone');
    const processes = await note.read();
    process.kill(session.pid, 'SIGTERM');
    await eventually('the end of git', () => !processes.some(alive));
    await eventually('the end of the server', () => !alive(session.pid));
    expect(await call).toBe('gone');
    await session[Symbol.asyncDispose]();
  });
});

test('many calls at once are all answered, each with its own', async () => {
  await using folder = await scratch(FILES);
  await using session = await openSession(folder);
  const names = Object.keys(FILES);
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const path = names[index % names.length];
      return await session.call('show', { ref: 'HEAD', path });
    }),
  );
  expect(answers.map(({ text }) => text)).toEqual(
    Array.from({ length: 20 }, (_, index) => Object.values(FILES)[index % names.length]),
  );
});
