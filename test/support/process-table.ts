import { readdirSync, readFileSync } from 'node:fs';

/** Whether the system's processes can be looked at: where not, there is no census. */
export const hasProcessTable = process.platform === 'linux';

/** A process that lives; zombies do not. */
export interface LiveProcess {
  readonly pid: number;
  readonly parent: number;
  /** Tells it from a later process with the same id. */
  readonly startedAt: string;
  /** Its command line, shortened. */
  readonly command: string;
}

const MAX_COMMAND = 300;

/**
 * The processes that this one has started, and those that they have: by descent, and by a mark in their environment, which also orphans keep. A process once
 * seen to be somebody else's is not looked at again: a look costs little more than the list of `/proc`.
 */
export class ProcessTable {
  readonly #mark: string;
  #foreign: ReadonlySet<string> = new Set();

  constructor(mark: string) {
    this.#mark = mark;
  }

  /** By process id. */
  ours(): ReadonlyMap<number, LiveProcess> {
    const entries = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
    const unknown = new Map<string, LiveProcess>();
    for (const entry of entries) {
      const living = this.#foreign.has(entry) ? undefined : readProcess(entry);
      if (living !== undefined && living.pid !== process.pid) unknown.set(entry, living);
    }
    const ours = new Map<number, LiveProcess>();
    const isOurs = (living: LiveProcess): boolean => {
      if (living.parent === process.pid || ours.has(living.parent)) return true;
      const parent = unknown.get(String(living.parent));
      if (parent !== undefined && isOurs(parent)) return true;
      return (read(`/proc/${living.pid}/environ`) ?? '').includes(this.#mark);
    };
    for (const living of unknown.values()) if (isOurs(living)) ours.set(living.pid, living);
    // Who is gone is forgotten: the id may be another's.
    this.#foreign = new Set(entries.filter((entry) => !ours.has(Number(entry))));
    return new Map([...ours].map(([pid, living]) => [pid, named(living)]));
  }
}

function readProcess(entry: string): LiveProcess | undefined {
  const stat = read(`/proc/${entry}/stat`);
  if (stat === undefined) return undefined;
  // pid (name) state ppid pgrp …: the name may hold anything, even a parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent = ''] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return {
    pid: Number(entry),
    parent: Number(parent),
    startedAt: fields[19] ?? '',
    command: stat.slice(stat.indexOf('('), stat.lastIndexOf(')') + 1),
  };
}

function named(living: LiveProcess): LiveProcess {
  const words = (read(`/proc/${living.pid}/cmdline`) ?? '').split('\0').join(' ').trim();
  const command = words === '' ? living.command : words.replaceAll(/\s+/gu, ' ');
  return { ...living, command: command.slice(0, MAX_COMMAND) };
}

/** `undefined` for what is gone, or is not ours to read. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
