import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallToolResult } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import Database from 'libsql';

/** The built server: `npm test` builds first. */
export const SERVER = fileURLToPath(
  new URL('../../dist/servers/customers/server.js', import.meta.url),
);

export interface Scratch extends Disposable {
  readonly path: (name: string) => string;
}

/** A folder of the test's own, gone afterwards. */
export function scratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'customers-'));
  return {
    path: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What a tool answered, as these tests look at it. */
export interface Answer {
  readonly isError: boolean;
  readonly text: string;
  // The tests assert on the fields they name; a wrong shape fails the assertion.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

export interface Desk extends AsyncDisposable {
  readonly client: Client;
  readonly call: (
    name: string,
    args: Record<string, unknown>,
    signal?: AbortSignal,
  ) => Promise<Answer>;
}

/** Starts a real server process and connects the official client to it. */
export async function startDesk(db: string, ...options: readonly string[]): Promise<Desk> {
  return connectDesk({ args: ['--db', db, ...options] });
}

export async function connectDesk(start: {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}): Promise<Desk> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [SERVER, ...start.args],
    ...(start.env === undefined ? {} : { env: start.env }),
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  // Makes the client check every structured answer against the tool's output schema.
  await client.listTools();
  return {
    client,
    call: async (name, args, signal) =>
      toAnswer(
        await client.callTool({ name, arguments: args }, signal === undefined ? {} : { signal }),
      ),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function toAnswer(result: CallToolResult): Answer {
  const [first] = result.content;
  const text = first?.type === 'text' ? first.text : '';
  return { isError: result.isError === true, text, data: result.structuredContent };
}

/** All rows of a query on the file, through a connection of the test's own. */
export function query(db: string, sql: string): Record<string, unknown>[] {
  const connection = new Database(db, { timeout: 5000 });
  try {
    return connection.prepare(sql).all([]) as Record<string, unknown>[];
  } finally {
    connection.close();
  }
}

const TABLES = [
  'customers',
  'addresses',
  'return_policies',
  'products',
  'orders',
  'order_items',
  'tickets',
  'ticket_notes',
];

/** One value for everything that is in the file. */
export function digest(db: string): string {
  const hash = createHash('sha256');
  for (const table of TABLES) hash.update(JSON.stringify(query(db, `SELECT * FROM ${table}`)));
  return hash.digest('hex');
}
