import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { faultOfFile, faultOfFolder } from '../base/private-stats.ts';

/** Larger files are none of ours. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Of so many programs something is kept: of those that wrote last. */
const MAX_FOLDERS = 8;
const FOLDER_NAME = /^[0-9a-f]{32}$/u;
/** A file that is being written: its name, and a random UUID. */
const DRAFT_NAME = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
/** A draft takes some ms. One that is older, ms, is of a program that was killed meanwhile. */
const DRAFT_MS = 60_000;

interface Found {
  readonly bytes: Buffer;
  /** Unix time, ms. */
  readonly modifiedAt: number;
}

/**
 * Files of one program that its user alone may have written, below a folder for those of all programs. Whoever could write them could run code as the user: so
 * what is read is a plain file, its owner's alone, in folders that nobody else may change. What is above the root's own folder is the user's choice, or the system's.
 */
export class CodeFolder {
  readonly #root: string;
  readonly #folder: string;
  #isSafe: boolean | undefined;
  #isTidy = false;

  /** `key`: 32 hexadecimal digits that stand for the program. */
  constructor(root: string, key: string) {
    this.#root = root;
    this.#folder = join(root, key);
  }

  /** `undefined` where there is none, or none that can be relied on. Never throws. */
  read(name: string): Found | undefined {
    // Windows has none of these flags. Without O_NONBLOCK a named pipe would stop the program here.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    try {
      this.#isSafe ??= this.#folders.every((path) => faultOfFolder(lstatSync(path)) === undefined);
      if (!this.#isSafe) return undefined;
      const file = openSync(join(this.#folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const stats = fstatSync(file);
        // A file that has another name elsewhere was made elsewhere, be it by the user: of a mail, or of a page that was looked at.
        const isForeign = faultOfFile(stats) !== undefined || stats.nlink > 1;
        if (isForeign || stats.size > MAX_BYTES) return undefined;
        return { bytes: readFileSync(file), modifiedAt: stats.mtimeMs };
      } finally {
        closeSync(file);
      }
    } catch {
      // Mostly there is none yet.
      return undefined;
    }
  }

  /** All or nothing: a new file takes an old one's place in one step. `bytes` is called once it is known that something can be written. Throws the system's error. */
  write(name: string, bytes: () => Buffer): void {
    this.#make();
    const path = join(this.#folder, name);
    const draft = `${path}.${randomUUID()}`;
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, bytes());
      renameSync(draft, path);
    } catch (reason) {
      rmSync(draft, { force: true });
      throw reason;
    } finally {
      closeSync(file);
    }
  }

  /** From the outside in. */
  get #folders(): readonly string[] {
    return [dirname(this.#root), this.#root, this.#folder];
  }

  #make(): void {
    let made: string | undefined;
    for (const path of this.#folders) {
      made = mkdirSync(path, { recursive: true, mode: 0o700 });
      // What others have put there until now is theirs, and not read.
      if (isOwn(lstatSync(path))) chmodSync(path, 0o700);
      const fault = faultOfFolder(lstatSync(path));
      if (fault !== undefined) throw new Error(`what is in ${path} ${fault}`);
    }
    if (made !== undefined) this.#removeOthers();
    if (!this.#isTidy) this.#removeDrafts();
    this.#isTidy = true;
  }

  /** Those that nobody writes any more: each killed program leaves one, and nothing else would ever remove them. */
  #removeDrafts(): void {
    for (const name of readdirSync(this.#folder)) {
      if (!DRAFT_NAME.test(name)) continue;
      const path = join(this.#folder, name);
      // Another program may be removing it, too.
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats !== undefined && Math.abs(Date.now() - stats.mtimeMs) > DRAFT_MS) {
        rmSync(path, { force: true });
      }
    }
  }

  /** But for the newest. */
  #removeOthers(): void {
    const others = readdirSync(this.#root)
      .filter((name) => FOLDER_NAME.test(name))
      .map((name) => join(this.#root, name))
      .filter((path) => path !== this.#folder)
      .map((path) => ({ path, at: lstatSync(path).mtimeMs }))
      .toSorted((one, other) => other.at - one.at);
    for (const { path } of others.slice(MAX_FOLDERS - 1)) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/** Elsewhere than on Windows, which has no user ids. */
function isOwn(stats: Stats): boolean {
  return stats.isDirectory() && stats.uid === process.getuid?.();
}
