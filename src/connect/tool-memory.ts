import { dirname } from 'node:path';
import { describe } from '../base/errors.ts';
import { folderFault, makePrivateFolder } from '../base/private-file.ts';
import type { ServerId } from '../call/names.ts';
import { MemoryFile, type Remembered } from './memory-file.ts';
import { removeOldMemories } from './old-memories.ts';
import type { RawTool } from './raw-tool.ts';

export interface MemoryOptions {
  /** Where the lists of all servers are, one file each. */
  readonly folder: string;
  /** Of each server that is to be remembered, by `memoryKey`. */
  readonly keys: ReadonlyMap<ServerId, string>;
  /** Told once, when something cannot be remembered. */
  readonly onWarning: (message: string) => void;
}

/** Files read at the same time. */
const READERS = 8;
/** How long what was listed first waits to be written, ms: as a rule other servers are starting then, and writing would take its time from them. */
const LATER_MS = 500;

/**
 * What servers listed, over the life of a process: so that a host can show their tools before it has started them.
 *
 * - M1. It is a help to show tools by, and nothing else: no call is checked against it, classed by it or sent on it (`host/host-router.ts` waits for the server).
 * - M2. What a server says itself replaces it, in the process and in the file.
 * - M3. Whatever is wrong with a file or the folder costs at most what is remembered, and a warning when something cannot be written.
 * - M4. A server that changes its list all the time costs two writes: of one of its first lists, a moment later, and of its last one at the end.
 */
export class ToolMemory {
  readonly #options: MemoryOptions;
  readonly #files: ReadonlyMap<ServerId, MemoryFile>;
  readonly #remembered = new Map<ServerId, Remembered>();
  /** What is written by now, or being written. */
  readonly #kept = new Map<ServerId, readonly RawTool[]>();
  /** What was listed since: first lists wait for the timer, later ones for the end (M4). */
  readonly #changed = new Map<ServerId, readonly RawTool[]>();
  #timer: NodeJS.Timeout | undefined;
  readonly #writing = new Set<Promise<void>>();
  #folder: Promise<void> | undefined;
  #isCleaned = false;
  #warned = false;

  constructor(options: MemoryOptions) {
    this.#options = options;
    const { folder, keys } = options;
    this.#files = new Map([...keys].map(([id, key]) => [id, new MemoryFile(folder, key)]));
  }

  /** Reads what is remembered of all servers. Never rejects. */
  async recall(): Promise<void> {
    if (!(await this.#isReliable())) return;
    const pending = [...this.#files];
    const read = async (): Promise<void> => {
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        const [id, file] = next;
        const remembered = await file.read();
        if (remembered !== undefined) this.#remembered.set(id, remembered);
      }
    };
    await Promise.all(Array.from({ length: READERS }, read));
  }

  /** What was remembered of a server when it was recalled. */
  of(id: ServerId): Remembered | undefined {
    return this.#remembered.get(id);
  }

  /** A server has listed its tools: the array that was recalled, where it says the same (M2). */
  keep(id: ServerId, tools: readonly RawTool[]): void {
    if (!this.#files.has(id) || this.#kept.get(id) === tools) return;
    this.#changed.set(id, tools);
    if (this.#kept.has(id)) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#saveChanged((other) => !this.#kept.has(other));
    }, LATER_MS).unref();
  }

  /** Writes what has changed, and resolves when nothing is being written any more. Never rejects. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#writing);
    this.#saveChanged(() => true);
    await Promise.all(this.#writing);
  }

  #saveChanged(isWanted: (id: ServerId) => boolean): void {
    for (const [id, tools] of this.#changed) {
      const file = this.#files.get(id);
      if (file === undefined || !isWanted(id)) continue;
      this.#changed.delete(id);
      this.#kept.set(id, tools);
      this.#save(id, file, tools);
    }
  }

  #save(id: ServerId, file: MemoryFile, tools: readonly RawTool[]): void {
    const write = (): Promise<void> => this.#write(file, tools);
    const isSame = this.#remembered.get(id)?.tools === tools;
    // Somebody may have removed it.
    const saving = (isSame ? file.confirm().catch(write) : write())
      .catch((reason: unknown) => {
        this.#warn(describe(reason)); // M3
      })
      .finally(() => this.#writing.delete(saving));
    this.#writing.add(saving);
  }

  async #write(file: MemoryFile, tools: readonly RawTool[]): Promise<void> {
    const { folder } = this.#options;
    this.#folder ??= makePrivateFolder(dirname(folder)).then(() => makePrivateFolder(folder));
    await this.#folder;
    const isKept = await file.write(tools);
    if (!isKept || this.#isCleaned) return;
    this.#isCleaned = true;
    // What cannot be looked through now can be the next time.
    await removeOldMemories(folder).catch(() => undefined);
  }

  async #isReliable(): Promise<boolean> {
    try {
      return (await folderFault(this.#options.folder)) === undefined;
    } catch {
      // Most likely it is not there yet.
      return false;
    }
  }

  #warn(reason: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.onWarning(
      `the tools of servers cannot be remembered for the next start: ${reason}`,
    );
  }
}
