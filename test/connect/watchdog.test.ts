import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { guard } from '../../src/connect/watchdog-process.ts';
import { eventually, livingProcesses } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';

/** A real host in a process of its own, with servers in these modes. */
class KillableHost {
  readonly marker = randomUUID();
  readonly process: ChildProcessByStdio<Writable, Readable, null>;

  constructor(...modes: readonly string[]) {
    const script = fileURLToPath(new URL('../support/host-to-kill.mjs', import.meta.url));
    this.process = spawn(process.execPath, [script, this.marker, ...modes], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  async opened(): Promise<{ readonly states: readonly string[]; readonly watchdog: number }> {
    const [chunk] = (await once(this.process.stdout, 'data')) as [Buffer];
    return JSON.parse(chunk.toString()) as { states: string[]; watchdog: number };
  }

  async kill(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== 'linux')('a host that is killed', () => {
  let host: KillableHost | undefined;
  afterEach(() => {
    host?.process.kill('SIGKILL');
    for (const pid of livingProcesses(host?.marker ?? 'none')) process.kill(pid, 'SIGKILL');
  });

  verifies(
    'orphans:none',
    'takes its servers along, also those that ignore the end of stdin and SIGTERM, and what they started',
    async () => {
      host = new KillableHost('good', 'ignore-term', 'deaf-family');
      const { states, watchdog } = await host.opened();
      expect(states).toEqual(['ready', 'ready', 'ready']);
      const { marker } = host;
      // Each server, and the child of one.
      expect(livingProcesses(marker)).toHaveLength(4);
      expect(isRunning(watchdog)).toBe(true);
      await host.kill();
      await eventually('the end of all servers', () => livingProcesses(marker).length === 0);
      await eventually('the end of the watchdog', () => !isRunning(watchdog));
    },
  );

  test('leaves the watchdog nothing to do when it closed its servers, which ends with them', async () => {
    host = new KillableHost('good', 'grandchild');
    const { watchdog } = await host.opened();
    expect(isRunning(watchdog)).toBe(true);
    const closed = once(host.process.stdout, 'data');
    host.process.stdin.write('close\n');
    await closed;
    expect(livingProcesses(host.marker)).toEqual([]);
    await eventually('the end of the watchdog', () => !isRunning(watchdog));
    expect(host.process.exitCode).toBeNull();
  });

  test('has a watchdog that shares nothing of its environment, terminal and directory', async () => {
    host = new KillableHost('good');
    const { watchdog } = await host.opened();
    const { readFileSync, readlinkSync } = await import('node:fs');
    expect(readFileSync(`/proc/${watchdog}/environ`, 'utf8')).toBe('');
    expect(readlinkSync(`/proc/${watchdog}/cwd`)).toBe('/');
    const stat = readFileSync(`/proc/${watchdog}/stat`, 'utf8').split(') ')[1]?.split(' ');
    // It leads a group and a session of its own.
    expect(stat?.slice(2, 4)).toEqual([String(watchdog), String(watchdog)]);
  });
});

test.skipIf(process.platform === 'win32')(
  'the watchdog ends what is registered and nothing else, whatever it reads',
  async () => {
    await using kept = idleProcess();
    await using ended = idleProcess();
    const dog = spawn(process.execPath, ['-e', `(${guard.toString()})([0, 0])`], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    dog.stdin.write(`+${kept.pid}\n+${ended.pid}\n-${kept.pid}\n`);
    // Everybody, ourselves, and what is no number.
    dog.stdin.write('+0\n+1\n+-1\n+\nnonsense\n+1e1\n');
    const died = once(ended.child, 'exit');
    dog.stdin.end();
    const [code] = (await once(dog, 'exit')) as [number];
    expect(code).toBe(0);
    await died;
    expect(isRunning(kept.pid)).toBe(true);
  },
);

/** A process that leads a group of its own, and does nothing. */
function idleProcess(): AsyncDisposable & {
  readonly child: ChildProcessByStdio<Writable, null, null>;
  readonly pid: number;
} {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return {
    child,
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
