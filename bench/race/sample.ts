import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Entrant } from './entrants.ts';
import { contenderEnv } from './environment.ts';
import type { Row } from './row.ts';
import { openServers, type Servers } from './servers.ts';
import type { Order, Reply, Word } from './worker.ts';

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));
const TIMEOUT_MS = 60_000;
/** What closing its servers may take. */
const CLOSING_MS = 10_000;
/** Of what a process wrote to stderr, so much is kept, in characters: its last line stands for the reason of its end. */
const LAST_WORDS = 300;
const LAST_WORDS_MS = 500;

export interface SampleOptions {
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Folder for a CPU profile of the entrant's process. */
  readonly profiles: string | undefined;
}

/** One sample: an entrant's process and its servers, started for it and ended after it. */
export async function takeSample(
  row: Row,
  entrant: Entrant,
  { signal, profiles }: SampleOptions,
): Promise<Reply> {
  const folder = mkdtempSync(join(tmpdir(), 'race-'));
  try {
    await using servers = await openServers(row);
    const profile =
      profiles === undefined ? [] : profileArgs(profiles, `${row.id}-${entrant.name}`);
    await using worker = startWorker(entrant, { folder, nodeArgs: ['--expose-gc', ...profile] });
    return await worker.ask(
      {
        module: entrant.module,
        work: row.work,
        params: row.params,
        servers: servers.specs,
        options: { width: row.width ?? 1 },
        folder,
      },
      { servers, timeoutMs: row.timeoutMs ?? TIMEOUT_MS, signal },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface AskOptions {
  readonly servers: Servers;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Worker extends AsyncDisposable {
  /** Never rejects: a process that ends or takes too long has failed. */
  ask(order: Order, options: AskOptions): Promise<Reply>;
}

function profileArgs(folder: string, name: string): readonly string[] {
  const file = `${name}-${Date.now()}.cpuprofile`;
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${file}`];
}

function startWorker(
  entrant: Entrant,
  { folder, nodeArgs }: { readonly folder: string; readonly nodeArgs: readonly string[] },
): Worker {
  const child = fork(WORKER, {
    execPath: entrant.node,
    execArgv: [...nodeArgs],
    env: contenderEnv(folder),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C is for the race alone, and whatever it has started can be ended with it.
    detached: process.platform !== 'win32',
  });
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  return {
    ask: async (order, { servers, timeoutMs, signal }) => {
      const over = new AbortController();
      const limit = AbortSignal.any([signal, over.signal, AbortSignal.timeout(timeoutMs)]);
      const ended = once(child, 'exit', { signal: limit }).then(
        async ([code, by]): Promise<Reply> => {
          // What it wrote last may still be on its way; a server of its may keep the pipe open.
          await Promise.race([once(child, 'close'), pause(LAST_WORDS_MS)]);
          const lastLine = lastWords.trim().split('\n').at(-1) ?? '';
          return failed(`ended (${String(by ?? code)}) ${lastLine}`.trimEnd());
        },
      );
      const told = replyOf(child, servers, limit);
      child.send(order);
      void servers.asked.then(() => {
        if (child.connected) child.send({ kind: 'asked' } satisfies Word);
      });
      try {
        return await Promise.race([told, ended]);
      } catch (reason) {
        // It may be too busy to notice that nobody waits for it any more.
        killAll(child);
        if (signal.aborted) return failed('interrupted');
        return failed(limit.aborted ? `no result within ${timeoutMs / 1000} s` : String(reason));
      } finally {
        over.abort();
        await Promise.allSettled([told, ended]);
      }
    },
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function replyOf(child: ChildProcess, servers: Servers, signal: AbortSignal): Promise<Reply> {
  for (;;) {
    const [message] = (await once(child, 'message', { signal })) as [Reply | Word];
    if (message.kind === 'sample' || message.kind === 'failed') return message;
    servers.letGo();
  }
}

/** Lets it close what it has opened; what is left then is killed. */
async function end(child: ChildProcess): Promise<void> {
  const isRunning = child.exitCode === null && child.signalCode === null;
  if (isRunning && child.pid !== undefined) {
    const gone = once(child, 'exit');
    const timer = setTimeout(() => killAll(child), CLOSING_MS);
    if (child.connected) child.disconnect();
    await gone;
    clearTimeout(timer);
  }
  killAll(child);
}

function killAll(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch (reason) {
    // Nobody of the group is left: so it should be.
    if ((reason as NodeJS.ErrnoException).code !== 'ESRCH') throw reason;
  }
}

function failed(reason: string): Reply {
  return { kind: 'failed', reason };
}
