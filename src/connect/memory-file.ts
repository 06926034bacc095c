import { createHash } from 'node:crypto';
import { lutimes, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../base/json.ts';
import { readPrivately, writePrivately } from '../base/private-file.ts';
import type { Endpoint, ServerConfig } from '../config/host-config.ts';
import { readTool, type RawTool } from './raw-tool.ts';

/** What a server listed when it was last asked. As untrusted as what it lists now. */
export interface Remembered {
  /** Never empty. */
  readonly tools: readonly RawTool[];
  /** When the server last said so, Unix time, ms. */
  readonly at: number;
}

/** Files of another format are none of ours. */
const FORMAT = 1;
/** A longer list is not remembered. */
const MAX_FILE_BYTES = 4 * 1_024 * 1_024;
/** A list that its server has not confirmed for so long is not used any more, ms: 60 days. */
const MAX_AGE_MS = 60 * 24 * 60 * 60 * 1_000;

/** Whether what was confirmed then (Unix time, ms) is too old to be used, or from a future in which it would never be: a clock was wrong. */
export function isOutOfDate(at: number): boolean {
  return Math.abs(Date.now() - at) > MAX_AGE_MS;
}

/**
 * What tells one server's list from all others: how it is started or reached, with its variables expanded, and by whom. Only a hash of it is ever written. The values of
 * environment variables and headers, where secrets belong, are not even in that.
 */
export function memoryKey(server: ServerConfig, endpoint: Endpoint, version: string): string {
  const way =
    endpoint.kind === 'stdio'
      ? [endpoint.command, endpoint.args, endpoint.cwd, Object.keys(endpoint.env).toSorted()]
      : [endpoint.url, headerNames(endpoint.headers)];
  const identity = [FORMAT, version, server.id, server.protocol, endpoint.kind, ...way];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

function headerNames(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(headers)
    .map((name) => name.toLowerCase())
    .toSorted();
}

/** Whether a name is that of a file, or of the draft of one. */
export function isMemoryFile(name: string): boolean {
  return /^[0-9a-f]{64}\.json(?:\.[0-9a-f-]{36})?$/u.test(name);
}

/** The file in which one server's list is remembered. Its time of change is when the server last listed what is in it. */
export class MemoryFile {
  readonly #key: string;
  readonly #path: string;

  constructor(folder: string, key: string) {
    this.#key = key;
    this.#path = join(folder, `${key}.json`);
  }

  /** Never rejects: a file that is broken, too old, too large, of another format or not its owner's alone is as good as none. */
  async read(): Promise<Remembered | undefined> {
    try {
      const found = await readPrivately(this.#path, MAX_FILE_BYTES);
      if (found.kind === 'unusable' || isOutOfDate(found.modifiedAt)) return undefined;
      const tools = this.#parse(JSON.parse(found.text));
      return tools === undefined ? undefined : { tools, at: Math.round(found.modifiedAt) };
    } catch {
      // Whatever is wrong with it, the server tells anew, and replaces it.
      return undefined;
    }
  }

  /** Replaces what is there; a list that is not worth it, or too long, is forgotten. Resolves to whether it is remembered; rejects with the system's error. */
  async write(tools: readonly RawTool[]): Promise<boolean> {
    const text = JSON.stringify({ format: FORMAT, key: this.#key, tools });
    // A server that has no tools now may have some next time: it is to be asked.
    if (tools.length === 0 || Buffer.byteLength(text) > MAX_FILE_BYTES) {
      await rm(this.#path, { force: true });
      return false;
    }
    await writePrivately(this.#path, text, { durable: false });
    return true;
  }

  /** The server has listed the same again. Rejects with the system's error. */
  async confirm(): Promise<void> {
    const now = new Date();
    await lutimes(this.#path, now, now);
  }

  /** Through the door by which a server's own list comes in: what is in a file may be no more than that. */
  #parse(file: unknown): readonly RawTool[] | undefined {
    if (!isJsonObject(file) || file['format'] !== FORMAT || file['key'] !== this.#key) {
      return undefined;
    }
    if (!Array.isArray(file['tools']) || file['tools'].length === 0) return undefined;
    const tools = new Map<string, RawTool>();
    for (const entry of file['tools']) {
      const reading = readTool(entry);
      if (reading.kind === 'dropped' || tools.has(reading.tool.name)) return undefined;
      tools.set(reading.tool.name, reading.tool);
    }
    return [...tools.values()];
  }
}
