/** The doors of the era `legacy`. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { WebStandardStreamableHTTPServerTransport as SessionTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Door, WebDoor } from '../shared/door.ts';
import { HttpSessions } from '../shared/http-sessions.ts';
import { createLegacyServer } from './legacy-server.ts';
import { MAX_MESSAGE_BYTES, MAX_SESSIONS } from './limits.ts';
import type { Testbed } from './testbed.ts';

export async function openStreams(testbed: Testbed): Promise<Door> {
  const server = createLegacyServer(testbed);
  // The SDK waits for "drain" once per message, so any number of messages may be waiting.
  process.stdout.setMaxListeners(0);
  await server.connect(
    new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: MAX_MESSAGE_BYTES }),
  );
  return server;
}

export function openWeb(testbed: Testbed): WebDoor {
  return new HttpSessions(MAX_SESSIONS, async (hooks) => {
    const transport = new SessionTransport({ ...hooks, maxRequestBodySize: MAX_MESSAGE_BYTES });
    await createLegacyServer(testbed).connect(transport);
    return transport;
  });
}
