/** The doors of the eras `modern` and `dual`. */
import { createMcpHandler } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Door, WebDoor } from '../shared/door.ts';
import { openDualWeb } from '../shared/dual-web.ts';
import { report } from './ending.ts';
import { MAX_MESSAGE_BYTES, MAX_SESSIONS } from './limits.ts';
import { createModernServer } from './modern-server.ts';
import type { Testbed } from './testbed.ts';

/** Whether clients of the older protocol are served, too. */
type Dual = boolean;

export function openStreams(testbed: Testbed, dual: Dual): Door {
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  const legacy = dual ? 'serve' : 'reject';
  return serveStdio(() => createModernServer(testbed), { transport, legacy, onerror: report });
}

export function openWeb(testbed: Testbed, dual: Dual): WebDoor {
  const createServer = () => createModernServer(testbed);
  const limits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxSessions: MAX_SESSIONS, report };
  if (dual) return openDualWeb(createServer, limits);
  return createMcpHandler(createServer, {
    legacy: 'reject',
    maxRequestBodySize: MAX_MESSAGE_BYTES,
    onerror: report,
  });
}
