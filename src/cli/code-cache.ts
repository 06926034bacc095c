import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { CodeFolder } from './code-folder.ts';

/*
 * Node needs longer to compile a large program than to run its first second. What V8 made of each of its files is kept on disk, and handed to V8 at the next
 * start. What the files are loaded for is the business of `loader.ts`; who may have written what is kept, that of `code-folder.ts`.
 *
 * K1. Only code that the user alone can have written is used: it runs as the user.
 * K2. Code is used only for the very text that it was made of, and whole: one hash is over both. Whether it is of the same V8, V8 says.
 * K3. Nothing of this makes a command fail. What is wrong with a file or a folder costs the gain alone, and what is written is written when the work is done
 *     (of long work once before that, for some ms), and nothing else that is to be done at the end waits for it.
 */

/** What a CommonJS module finds in its scope. Source: Node.js documentation, "The module wrapper". */
const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';
const SEAL_BYTES = 32;
/** What is older, ms, is made anew: a function that was not used then is compiled at every start. A day. */
const MAX_AGE_MS = 24 * 60 * 60 * 1_000;

export interface CodeCacheOptions {
  /** The folder of the program's files. */
  readonly directory: string;
  /** Where code is kept, of all programs. It, and the folder that it is in, are made the user's alone. `undefined`: nowhere. */
  readonly root: string | undefined;
  /** What the program is started for: each purpose needs functions of its own. A word that can be part of a file's name. */
  readonly purpose: string;
}

interface Compiled {
  readonly name: string;
  readonly source: Buffer;
  readonly script: vm.Script;
}

/** The files of a program, compiled with what is known of them. */
export class CodeCache {
  readonly #options: CodeCacheOptions;
  readonly #folder: CodeFolder | undefined;
  readonly #toKeep: Compiled[] = [];

  constructor(options: CodeCacheOptions) {
    this.#options = options;
    const { directory, root } = options;
    const { version, arch, execArgv, env } = process;
    // With other flags V8 would refuse the code, and what is kept would change with every start.
    const program = [directory, version, arch, execArgv, env['NODE_OPTIONS']];
    const key = createHash('sha256').update(JSON.stringify(program)).digest('hex').slice(0, 32);
    this.#folder = root === undefined ? undefined : new CodeFolder(root, key);
  }

  /** A file of the program, as the function that a CommonJS module is. Throws where it cannot be read, or is no program. */
  compile(name: string): vm.Script {
    const path = join(this.#options.directory, name);
    const source = readFileSync(path);
    const kept = this.#kept(name, source);
    const script = new vm.Script(HEAD + source.toString('utf8') + TAIL, {
      filename: path,
      // So that stack traces name the file's own columns.
      columnOffset: -HEAD.length,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      ...(kept && { cachedData: kept.code }),
    });
    if (kept?.isNew !== true || script.cachedDataRejected === true) {
      this.#toKeep.push({ name, source, script });
    }
    return script;
  }

  /** Keeps what is not kept yet, with all functions that were compiled until now; blocks for some ms. Called again it does nothing. Never throws (K3). */
  keep(): void {
    const compiled = this.#toKeep.splice(0);
    try {
      for (const { name, source, script } of compiled) {
        this.#folder?.write(this.#fileOf(name), () => {
          const code = script.createCachedData();
          return Buffer.concat([sealOf(source, code), code]);
        });
      }
    } catch {
      // A full disk, a home that may not be written: the next start takes as long as this one (K3).
    }
  }

  #kept(name: string, source: Buffer) {
    const found = this.#folder?.read(this.#fileOf(name));
    if (found === undefined) return undefined;
    const code = found.bytes.subarray(SEAL_BYTES);
    if (!sealOf(source, code).equals(found.bytes.subarray(0, SEAL_BYTES))) return undefined;
    return { code, isNew: Math.abs(Date.now() - found.modifiedAt) < MAX_AGE_MS };
  }

  #fileOf(name: string): string {
    return `${this.#options.purpose}-${name}.code`;
  }
}

/** Over a text and the code that was made of it (K2). */
function sealOf(source: Buffer, code: Buffer): Buffer {
  // What stands around it is a part of the text, too.
  const hash = createHash('sha256').update(`${HEAD}${source.length}:${TAIL}`);
  return hash.update(source).update(code).digest();
}
