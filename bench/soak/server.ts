#!/usr/bin/env node
/**
 * A server for the soak: it answers with the nonce that it is given, and keeps a journal of the writes that it has really run.
 * In either era of the protocol, over stdio, Streamable HTTP or SSE. The end of its standard input is its own.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { legacySse, legacyStdio, legacyStreamable } from './legacy-doors.ts';
import { modernStdio, modernStreamable } from './modern-doors.ts';
import type { CallTool, Door } from './tools.ts';

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: '' },
    door: { type: 'string', default: 'stdio' },
    era: { type: 'string', default: 'legacy' },
    journal: { type: 'string', default: '' },
    /** Longest a call takes, ms. */
    ms: { type: 'string', default: '0' },
    /** Mean time between two crashes, ms. 0: none. */
    'crash-ms': { type: 'string', default: '0' },
  },
});
const { name, door, era, journal } = values;
const longestMs = Number(values.ms);
const crashMs = Number(values['crash-ms']);

const tell = (line: string): void => {
  appendFileSync(journal, `${line}\n`);
};

const callTool: CallTool = async (tool, args, signal) => {
  const nonce = String(args['nonce']);
  const halfMs = (Math.random() * longestMs) / 2;
  await pause(halfMs, undefined, { signal });
  // What is in the journal has run; whether the answer arrives is another matter.
  if (tool === 'note') tell(`ran ${String(args['id'])}`);
  await pause(halfMs, undefined, { signal });
  const padding = '.'.repeat(Number(args['bytes'] ?? 0));
  return {
    content: [
      { type: 'text', text: nonce },
      { type: 'text', text: padding },
    ],
    structuredContent: { server: name, nonce },
  };
};

tell(`start ${process.pid}`);
// A Ctrl-C at the terminal is for the soak, which ends its servers in order.
process.on('SIGINT', () => undefined);
if (crashMs > 0) crashSometime();
if (door === 'stdio') await (era === 'legacy' ? legacyStdio(callTool) : modernStdio(callTool));
else await listen();

/** Between half and one and a half of that time, in the middle of whatever runs. */
function crashSometime(): void {
  setTimeout(
    () => {
      tell('crash');
      process.kill(process.pid, 'SIGKILL');
    },
    crashMs * (0.5 + Math.random()),
  );
}

/** Prints its port, and goes when the one who reads it does. */
async function listen(): Promise<void> {
  const listener: Door =
    door === 'sse'
      ? legacySse(callTool)
      : era === 'legacy'
        ? legacyStreamable(callTool)
        : modernStreamable(callTool);
  const server = createServer((request, response) => {
    listener(request, response).catch((error: unknown) => {
      process.stderr.write(`${name}: ${String(error)}\n`);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  process.stdin.once('close', () => process.exit(0)).resume();
}
