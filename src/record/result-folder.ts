import { randomBytes } from 'node:crypto';
import { constants, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe } from '../base/errors.ts';
import { makePrivateFolder } from '../base/private-file.ts';
import { folderName, removeOldFolders } from './old-results.ts';

export interface ResultFolderOptions {
  /** Where the folders of all runs are. It and the folder it is in become their owner's alone; what is above must be there to stay. */
  readonly root: string;
  /** Told once, when something cannot be kept. */
  readonly onWarning: (message: string) => void;
  /** Most that one run keeps, bytes. Default 512 MiB. */
  readonly maxBytes?: number;
}

/** Where something was kept, or why it was not. */
export type Kept =
  | { readonly kind: 'kept'; readonly path: string }
  | { readonly kind: 'lost'; readonly reason: string };

const MAX_RUN_BYTES = 512 * 1024 * 1024;

/**
 * One run's private folder (mode 0700) for what is cut out of results; its files are mode 0600, and no link is followed. It is made when something is first kept,
 * and stays when the run ends: whoever reads the result later is told its path. When another run's folder is made, old ones are removed: see
 * `old-results.ts`. Whatever goes wrong here costs a warning and what is not kept, never a call.
 */
export class ResultFolder {
  readonly #options: ResultFolderOptions;
  /** The last of each name that is under way. */
  readonly #writing = new Map<string, Promise<Kept>>();
  #path: Promise<string> | undefined;
  #bytes = 0;
  #warned = false;

  constructor(options: ResultFolderOptions) {
    this.#options = options;
  }

  /**
   * Writes one file; one of the same name is replaced, once it is written: of a call that the model revised, what was begun may still be under way. Never rejects.
   */
  write(name: string, pieces: Iterable<Buffer>, bytes: number): Promise<Kept> {
    const before = this.#writing.get(name) ?? Promise.resolve();
    const written = before
      .then(() => this.#write(name, pieces, bytes))
      .finally(() => {
        if (this.#writing.get(name) === written) this.#writing.delete(name);
      });
    this.#writing.set(name, written);
    return written;
  }

  async #write(name: string, pieces: Iterable<Buffer>, bytes: number): Promise<Kept> {
    const { maxBytes = MAX_RUN_BYTES } = this.#options;
    if (this.#bytes + bytes > maxBytes) {
      return this.#lost(`this run already keeps ${this.#bytes} bytes; the limit is ${maxBytes}`);
    }
    this.#bytes += bytes;
    try {
      this.#path ??= makeFolder(this.#options.root);
      const path = join(await this.#path, name);
      await writeFile(path, pieces);
      return { kind: 'kept', path };
    } catch (reason) {
      this.#bytes -= bytes;
      return this.#lost(describe(reason));
    }
  }

  #lost(reason: string): Kept {
    if (!this.#warned) {
      this.#warned = true;
      this.#options.onWarning(`what is cut out of large results cannot be kept: ${reason}`);
    }
    return { kind: 'lost', reason };
  }
}

async function makeFolder(root: string): Promise<string> {
  // What is in results is nobody else's business.
  await makePrivateFolder(dirname(root));
  await makePrivateFolder(root);
  await removeOldFolders(root);
  const path = join(root, folderName(new Date(), process.pid, randomBytes(4).toString('hex')));
  await mkdir(path, { mode: 0o700 });
  return path;
}

/** All or nothing: of a file that cannot be written whole, nothing is left. */
async function writeFile(path: string, pieces: Iterable<Buffer>): Promise<void> {
  // A model that revised its call may have left one.
  await rm(path, { force: true });
  // Windows has no O_NOFOLLOW: as `undefined` it adds nothing.
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    // Each goes where the one before it ended.
    for (const piece of pieces) await file.writeFile(piece);
  } catch (reason) {
    await rm(path, { force: true });
    throw reason;
  } finally {
    await file.close();
  }
}
