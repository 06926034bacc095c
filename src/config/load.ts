import { createHash } from 'node:crypto';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Stats } from 'node:fs';
import { describe, HostError, systemCode } from '../base/errors.ts';
import { configFromObject, parseConfigText } from './config-text.ts';
import type { ConfigNotice, HostConfig } from './host-config.ts';
import { normalise } from './normalise.ts';
import type { VariableSource } from './variables.ts';

export interface LoadOptions {
  /** What a relative path is relative to; and, for a config that is given as an object, the folder that its own relative paths are relative to. Default: the process's. */
  readonly cwd?: string;
  /** What variables under `model` are looked up in. Default: the process's. */
  readonly env?: VariableSource['env'];
}

/** A larger file is no config. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/**
 * Reads a config: the file at a path, or an object in the file's shape. A fault in one server's entry costs only that server, which is then in the
 * result as `unusable`, with the reason. Throws HostError `config`, naming file, line, column and key, for everything else. Starts nothing.
 */
export async function loadConfig(
  input: string | object,
  options: LoadOptions = {},
): Promise<HostConfig> {
  const cwd = resolve(options.cwd ?? process.cwd());
  const env = options.env ?? process.env;
  if (typeof input === 'object') {
    const source = { path: undefined, directory: cwd, sha256: undefined };
    return normalise(configFromObject(input), source, env);
  }
  if (input === '') throw new HostError('config', 'the path of the config is empty');
  const path = resolve(cwd, input);
  const { bytes, notices } = await read(path);
  // The hash is of the very bytes that are parsed, so that what was trusted is what is used.
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const source = { path, directory: dirname(path), sha256 };
  const config = normalise(parseConfigText(decode(bytes, path), path), source, env);
  return { ...config, notices: [...notices, ...config.notices] };
}

interface ReadFile {
  readonly bytes: Buffer;
  readonly notices: readonly ConfigNotice[];
}

async function read(path: string): Promise<ReadFile> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (reason) {
    throw unreadable(path, reason);
  }
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw unreadable(path, new HostError('config', DIRECTORY));
    const bytes = await readBounded(file);
    if (bytes === undefined) {
      const mebibytes = String(MAX_CONFIG_BYTES / 1024 / 1024);
      throw new HostError('config', `${path}: is larger than ${mebibytes} MiB: this is no config`, {
        details: { file: path },
      });
    }
    return { bytes, notices: await safetyNotices(path, stats) };
  } catch (reason) {
    throw reason instanceof HostError ? reason : unreadable(path, reason);
  } finally {
    await file.close();
  }
}

/** By chunks, not by the file's size: what is read may be a pipe (`--config <(…)`). */
async function readBounded(file: FileHandle): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > MAX_CONFIG_BYTES) return undefined;
  }
}

const DIRECTORY = 'is a folder; name the file in it, such as mcp.config.json';

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of the path is no folder',
  EACCES: 'it may not be read by this user: check its permissions',
  EPERM: 'it may not be read by this user: check its permissions',
  EISDIR: DIRECTORY,
  ELOOP: 'its symbolic links lead in a circle',
};

function unreadable(path: string, reason: unknown): HostError {
  const cause = CAUSES[systemCode(reason) ?? ''] ?? describe(reason);
  return new HostError('config', `cannot read the config ${path}: ${cause}`, {
    cause: reason,
    details: { file: path },
  });
}

/** A byte order mark is dropped. */
function decode(bytes: Buffer, path: string): string {
  const details = { file: path };
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new HostError('config', `${path}: is UTF-16: save it as UTF-8`, { details });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (reason) {
    throw new HostError('config', `${path}: is not UTF-8: save it as UTF-8`, {
      cause: reason,
      details,
    });
  }
}

/** Whether somebody else could change the file: a config says what is started. */
async function safetyNotices(path: string, stats: Stats): Promise<readonly ConfigNotice[]> {
  const messages: string[] = [];
  const link = await lstat(path);
  if (link.isSymbolicLink()) {
    messages.push('this config is a symbolic link; its relative paths start from the link');
  }
  // Windows has neither modes nor user ids.
  const user = process.getuid?.();
  if (user !== undefined && stats.isFile()) {
    if ((stats.mode & 0o002) !== 0) {
      messages.push('every user of this machine may change this config: chmod o-w it');
    }
    if (stats.uid !== user && stats.uid !== 0) {
      messages.push('this config belongs to another user, who may change what it starts');
    }
  }
  return messages.map((message) => ({ line: 0, column: 0, message }));
}
