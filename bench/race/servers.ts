import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SMALL_ENV } from './environment.ts';
import type { ServerSpec } from './contender.ts';
import type { Row } from './row.ts';

const SERVER = fileURLToPath(new URL('floor-server.js', import.meta.url));

export interface Servers extends AsyncDisposable {
  readonly specs: readonly ServerSpec[];
}

/** Fresh servers for one sample. Those that speak HTTP are started here; what speaks over pipes is started by the contender. All run on this Node. */
export async function openServers(row: Row): Promise<Servers> {
  const args = [SERVER, ...(row.serverArgs ?? [])];
  const each = Array.from({ length: row.servers });
  if (row.transport === 'stdio') {
    const specs = each.map((): ServerSpec => ({ kind: 'stdio', command: process.execPath, args }));
    return { specs, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const children = each.map(() => startHttp(args));
  return {
    specs: await Promise.all(children.map(async ({ url }) => ({ kind: 'http', url: await url }))),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(children.map(({ child }) => stop(child)));
    },
  };
}

function startHttp(args: readonly string[]): { child: ChildProcess; url: Promise<string> } {
  const child = spawn(process.execPath, [...args, '--http'], {
    // It ends when its stdin does, whatever becomes of the race; in a group of its own, no Ctrl-C ends it before.
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: process.platform !== 'win32',
    env: SMALL_ENV,
  });
  // Its first line.
  const url = once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line));
  return { child, url };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}
