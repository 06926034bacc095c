import { readdirSync, readFileSync } from 'node:fs';

/** The environment variable by which a test's processes are told from all others; what they start inherits it. */
export const MARKER = 'MCP_FANOUT_TEST';

/**
 * Process ids of the living processes that carry a test's marker: children, grandchildren, whatever group they are in. Zombies do not live.
 * Linux only: elsewhere there is nothing to read, and the list is empty.
 */
export function livingProcesses(marker: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const wanted = `${MARKER}=${marker}`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => isLiving(pid) && environmentOf(pid).includes(wanted))
    .map(Number);
}

function environmentOf(pid: string): readonly string[] {
  return (read(`/proc/${pid}/environ`) ?? '').split('\0');
}

function isLiving(pid: string): boolean {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return false;
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return state !== 'Z' && state !== 'X';
}

/** `undefined` for what is gone, or is not ours to read. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Waits until `condition` holds; fails after `ms`, saying `what` did not happen. For what no event tells. */
export async function eventually(
  what: string,
  condition: () => boolean,
  ms = 25_000,
): Promise<void> {
  const until = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > until) throw new Error(`${what} did not happen within ${ms} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}
