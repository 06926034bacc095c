#!/usr/bin/env node
import process from 'node:process';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { DeskDatabase } from './database.ts';
import type { Options } from './options.ts';
import { HELP, parseOptions, UsageError } from './options.ts';
import { ALL_TOOLS } from './tools/all-tools.ts';

/** A customer-support desk over an SQLite file. stdout belongs to the protocol; words go to stderr. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const INSTRUCTIONS =
  'A customer-support desk. get_customer, get_orders and get_tickets take a customer number and do not depend on each other: ' +
  'call them together. Order and ticket numbers come from their answers.';

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  const desk = openDesk(options.db);
  if (desk === undefined) return;
  const server = new McpServer(
    { name: 'customers', title: 'Customer support desk', version: '0.1.0' },
    { instructions: INSTRUCTIONS },
  );
  for (const tool of ALL_TOOLS) {
    tool.register(server, { desk, latencyMs: options.latencyMs.get(tool.name) ?? 0 });
  }
  await server.connect(new StdioServerTransport());
  closeAtTheEnd(server, desk);
}

/** Undefined when there is nothing to serve: help was printed, or the exit code is set. */
function readOptions(): Options | undefined {
  try {
    const names = ALL_TOOLS.map((tool) => tool.name);
    const options = parseOptions(process.argv.slice(2), names);
    if (options !== 'help') return options;
    process.stdout.write(HELP);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`customers: ${error.message}\n\n${HELP}`);
    process.exitCode = EXIT_USAGE;
  }
  return undefined;
}

function openDesk(path: string): DeskDatabase | undefined {
  try {
    return DeskDatabase.open(path, () => {
      process.stderr.write(`customers: waiting for ${path}, which another program has locked\n`);
    });
  } catch (error) {
    // Whatever the cause (no permission, no database, not ours): the path and the cause are what helps.
    const cause = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `customers: cannot use the database ${path}: ${cause}. Name another file with --db.\n`,
    );
    process.exitCode = EXIT_FAILED;
    return undefined;
  }
}

/**
 * Ends when the client closes stdin, goes away, or a signal comes: running calls are cancelled, the
 * database is closed, and the process ends by itself once its answers are written.
 */
function closeAtTheEnd(server: McpServer, desk: DeskDatabase): void {
  const close = (): void => {
    // Whoever is in a hurry can send another signal: it ends the process the hard way.
    process.off('SIGTERM', close).off('SIGINT', close);
    process.stdin.off('end', close).off('close', close);
    void server.close().finally(() => {
      desk.close();
      process.stdin.destroy();
    });
  };
  process.once('SIGTERM', close).once('SIGINT', close);
  process.stdin.once('end', close).once('close', close);
  // The reader has gone (EPIPE): there is nobody left to tell, now or later.
  process.stdout.on('error', close);
  // The SDK waits for "drain" once per answer, so any number of answers may be waiting.
  process.stdout.setMaxListeners(0);
}

await main();
