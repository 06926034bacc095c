/**
 * The whole program of the watchdog's process. It is passed on as its own source text (there is no file to find, whatever the host was bundled into), so
 * it may use nothing from outside itself.
 *
 * Reads lines `+GROUP` and `-GROUP` from stdin until its end, then ends the groups that are left: after `graces[0]` ms, in which a server may end by itself since its
 * stdin has ended, too, by SIGTERM; after `graces[1]` ms more by SIGKILL. A number that belongs to another process by now (its leader did not start when ours did)
 * is left alone: as long as any process of a group lives, the system gives its number to no other.
 */
export function guard(graces: readonly [number, number]): void {
  const { readFileSync, readdirSync } = process.getBuiltinModule('node:fs');
  const groups = new Map<number, string | undefined>();

  /** The fields of /proc/PID/stat from the third on; nothing where there is no such process, or no such file. */
  const statOf = (pid: number | string): readonly string[] | undefined => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return text.slice(text.lastIndexOf(')') + 2).split(' ');
    } catch {
      return undefined;
    }
  };
  const startOf = (pid: number): string | undefined => statOf(pid)?.[19];
  const signal = (group: number, name: NodeJS.Signals | 0): boolean => {
    try {
      process.kill(-group, name);
      return true;
    } catch {
      return false;
    }
  };
  /** Zombies of a group that nobody collects are no life. */
  const isAlive = (group: number): boolean => {
    if (!signal(group, 0)) return false;
    if (process.platform !== 'linux') return true;
    return readdirSync('/proc').some((entry) => {
      const stat = /^\d+$/.test(entry) ? statOf(entry) : undefined;
      return stat?.[2] === String(group) && stat[0] !== 'Z' && stat[0] !== 'X';
    });
  };
  const isOurs = (group: number): boolean => {
    const start = startOf(group);
    return start === undefined || start === groups.get(group);
  };

  let text = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const group = Number(line.slice(1));
      // Never 0 or 1, which would be everybody.
      if (!Number.isSafeInteger(group) || group <= 1) continue;
      if (line.startsWith('+')) groups.set(group, startOf(group));
      else groups.delete(group);
    }
  });
  process.stdin.on('end', () => {
    const left = (): readonly number[] =>
      [...groups.keys()].filter((group) => isOurs(group) && isAlive(group));
    const steps = [
      { name: 'SIGTERM', graceMs: graces[0] },
      { name: 'SIGKILL', graceMs: graces[1] },
    ] as const;
    let step = 0;
    let since = Date.now();
    const look = (): void => {
      const living = left();
      const next = steps[step];
      if (living.length === 0 || next === undefined) process.exit(0);
      if (Date.now() - since >= next.graceMs) {
        for (const group of living) signal(group, next.name);
        step += 1;
        since = Date.now();
      }
      setTimeout(look, 50);
    };
    look();
  });
}
