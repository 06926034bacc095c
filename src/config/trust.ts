import { open, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { describe, HostError, systemCode } from '../base/errors.ts';
import { writePrivately } from '../base/private-file.ts';
import { baseDirectory, type FindOptions } from './find.ts';
import type { ConfigSource } from './host-config.ts';

/** Where the store is: by default `$XDG_STATE_HOME/mcp-fanout/trusted.json`. */
export type TrustOptions = Pick<FindOptions, 'env' | 'home'>;

/** Whether a config is trusted, and what a person should know about the store that says so. */
export interface Trust {
  readonly trusted: boolean;
  readonly notice: string | undefined;
}

const storeSchema = z.object({
  version: z.literal(1),
  trusted: z.array(z.object({ path: z.string(), sha256: z.string() })),
});
type Entry = z.output<typeof storeSchema>['trusted'][number];

/** The oldest are forgotten: they are asked about again. */
const MAX_ENTRIES = 1000;
const MAX_STORE_BYTES = 4 * 1024 * 1024;

/**
 * Whether a person has trusted this config: these bytes at this place. A config that was given as an object is its caller's own. A store that cannot be
 * read, or that others could have written, trusts nothing; the notice says why. Never rejects for the store's sake.
 */
export async function isTrusted(source: ConfigSource, options: TrustOptions = {}): Promise<Trust> {
  const subject = await subjectOf(source);
  if (subject === undefined) return { trusted: true, notice: undefined };
  const { entries, notice } = await readStore(storePath(options));
  return { trusted: entries.some((entry) => isSame(entry, subject)), notice };
}

/** Remembers that a person trusts this config. A store that cannot be read is replaced. Throws HostError `config` if it cannot be written. */
export async function trust(source: ConfigSource, options: TrustOptions = {}): Promise<void> {
  const subject = await subjectOf(source);
  if (subject === undefined) return;
  const path = storePath(options);
  const { entries } = await readStore(path);
  const others = entries.filter((entry) => !isSame(entry, subject));
  const trusted = [...others, subject].slice(-MAX_ENTRIES);
  try {
    await writePrivately(path, `${JSON.stringify({ version: 1, trusted }, null, 2)}\n`);
  } catch (reason) {
    const message = `cannot remember that the config is trusted: ${path}: ${describe(reason)}`;
    throw new HostError('config', message, { cause: reason, details: { file: path } });
  }
}

/** Where trust is kept. */
export function storePath(options: TrustOptions = {}): string {
  const state = baseDirectory('XDG_STATE_HOME', join('.local', 'state'), options);
  return join(state, 'mcp-fanout', 'trusted.json');
}

/**
 * What is trusted: the bytes, and the place that their relative paths start from. The place is the real folder, but not the target of the file where that is
 * a link: a link from a strange folder to a trusted config would start that folder's programs.
 */
async function subjectOf(source: ConfigSource): Promise<Entry | undefined> {
  const { path, directory, sha256 } = source;
  if (path === undefined || sha256 === undefined) return undefined;
  return { path: join(await realpath(directory), basename(path)), sha256 };
}

function isSame(a: Entry, b: Entry): boolean {
  return a.path === b.path && a.sha256 === b.sha256;
}

interface Store {
  readonly entries: readonly Entry[];
  readonly notice: string | undefined;
}

async function readStore(path: string): Promise<Store> {
  const nothing = (why: string): Store => ({
    entries: [],
    notice: `${path} ${why}: no found config counts as trusted; trusting one again writes it anew`,
  });
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      const user = process.getuid?.();
      // Windows has neither modes nor user ids.
      if (user !== undefined && stats.uid !== user && stats.uid !== 0) {
        return nothing('belongs to another user');
      }
      if (user !== undefined && (stats.mode & 0o022) !== 0) {
        return nothing('may be written by other users');
      }
      if (!stats.isFile() || stats.size > MAX_STORE_BYTES) return nothing('is no trust store');
      const parsed = storeSchema.safeParse(JSON.parse(await file.readFile('utf8')));
      return parsed.success
        ? { entries: parsed.data.trusted, notice: undefined }
        : nothing('is damaged');
    } finally {
      await file.close();
    }
  } catch (reason) {
    if (systemCode(reason) === 'ENOENT') return { entries: [], notice: undefined };
    return nothing(
      reason instanceof SyntaxError ? 'is damaged' : `cannot be read (${describe(reason)})`,
    );
  }
}
