/** The ten servers of the soak. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./server.js', import.meta.url));

export interface Member {
  readonly name: string;
  readonly door: 'stdio' | 'http' | 'sse';
  readonly era: 'legacy' | 'modern';
  /** Longest a call takes, ms. */
  readonly ms: number;
  /** Mean time between two crashes, ms. */
  readonly crashMs?: number;
}

const QUICK_MS = 30;
const SLOW_MS = 1_500;
const CRASH_MS = 6_000;

export const MEMBERS: readonly Member[] = [
  { name: 'stdio-old-1', door: 'stdio', era: 'legacy', ms: QUICK_MS },
  { name: 'stdio-old-2', door: 'stdio', era: 'legacy', ms: QUICK_MS },
  { name: 'stdio-new-1', door: 'stdio', era: 'modern', ms: QUICK_MS },
  { name: 'stdio-new-2', door: 'stdio', era: 'modern', ms: QUICK_MS },
  { name: 'http-old-1', door: 'http', era: 'legacy', ms: QUICK_MS },
  { name: 'http-new-1', door: 'http', era: 'modern', ms: QUICK_MS },
  { name: 'http-new-2', door: 'http', era: 'modern', ms: QUICK_MS },
  { name: 'sse', door: 'sse', era: 'legacy', ms: QUICK_MS },
  { name: 'slow', door: 'http', era: 'legacy', ms: SLOW_MS },
  { name: 'crashing', door: 'stdio', era: 'legacy', ms: QUICK_MS, crashMs: CRASH_MS },
];

export interface SoakFleet extends AsyncDisposable {
  /** For `openHost`. */
  readonly config: object;
}

export function journalOf(folder: string, { name }: Member): string {
  return join(folder, `${name}.journal`);
}

/** Starts the servers that listen; the others are started by the host. Their journals are in `folder`. */
export async function startFleet(folder: string): Promise<SoakFleet> {
  const listening: ChildProcess[] = [];
  const entries = await Promise.all(
    MEMBERS.map(async (member): Promise<readonly [string, object]> => {
      const args = argsOf(member, folder);
      if (member.door === 'stdio') return [member.name, { command: process.execPath, args }];
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      listening.push(child);
      const [port] = (await once(child.stdout, 'data')) as [Buffer];
      const url = `http://127.0.0.1:${port.toString().trim()}/mcp`;
      return [member.name, { type: member.door, url }];
    }),
  );
  // What hangs is to be seen within the soak.
  const timeouts = { connectMs: 10_000, attemptMs: 20_000, totalMs: 30_000 };
  const servers = entries.map(([name, entry]) => [name, { ...entry, timeouts }] as const);
  return {
    config: { mcpServers: Object.fromEntries(servers) },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(
        listening.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exited = once(child, 'exit');
          child.kill();
          await exited;
        }),
      );
    },
  };
}

function argsOf(member: Member, folder: string): string[] {
  const { name, door, era, ms, crashMs = 0 } = member;
  const options = { name, door, era, journal: journalOf(folder, member), ms, 'crash-ms': crashMs };
  return [
    PROGRAM,
    ...Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]),
  ];
}
