import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SMALL_ENV } from './environment.ts';
import type { ServerSpec } from './contender.ts';
import type { Row } from './row.ts';

const SERVER = fileURLToPath(new URL('floor-server.js', import.meta.url));

export interface Servers extends AsyncDisposable {
  readonly specs: readonly ServerSpec[];
  /** Resolves when all of them were asked for their tools; never where they do not hold those back. */
  readonly asked: Promise<void>;
  /** Has them answer. */
  letGo(): void;
}

/** Fresh servers for one sample. Those that speak HTTP are started here; what speaks over pipes is started by the contender. All run on this Node. */
export async function openServers(row: Row): Promise<Servers> {
  const args = [SERVER, ...(row.serverArgs ?? [])];
  const each = Array.from({ length: row.servers });
  if (row.transport === 'stdio') {
    const specs = each.map((): ServerSpec => ({ kind: 'stdio', command: process.execPath, args }));
    const never = new Promise<void>(() => undefined);
    const nothing = (): void => undefined;
    return { specs, asked: never, letGo: nothing, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const children = each.map(() => startHttp(args));
  return {
    specs: await Promise.all(children.map(async ({ url }) => ({ kind: 'http', url: await url }))),
    asked: Promise.all(children.map(({ asked }) => asked)).then(() => undefined),
    letGo: () => {
      for (const { child } of children) child.stdin.write('\n');
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(children.map(({ child }) => stop(child)));
    },
  };
}

interface HttpServer {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly url: Promise<string>;
  readonly asked: Promise<void>;
}

function startHttp(args: readonly string[]): HttpServer {
  const child = spawn(process.execPath, [...args, '--http'], {
    // It ends when its stdin does, whatever becomes of the race; in a group of its own, no Ctrl-C ends it before.
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: process.platform !== 'win32',
    env: SMALL_ENV,
  });
  const lines = createInterface({ input: child.stdout });
  const nextLine = async (): Promise<string> => String((await once(lines, 'line'))[0]);
  const url = nextLine();
  return { child, url, asked: url.then(nextLine).then(() => undefined) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}
