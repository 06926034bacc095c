/** The doors of the eras `modern` and `dual`. */
import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport as SessionTransport,
} from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Door, WebDoor } from './door.ts';
import { report } from './ending.ts';
import { HttpSessions } from './http-sessions.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { createModernServer } from './modern-server.ts';
import type { Testbed } from './testbed.ts';

/** Whether clients of the older protocol are served, too. */
type Dual = boolean;

const maxRequestBodySize = MAX_MESSAGE_BYTES;

export function openStreams(testbed: Testbed, dual: Dual): Door {
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  const legacy = dual ? 'serve' : 'reject';
  return serveStdio(() => createModernServer(testbed), { transport, legacy, onerror: report });
}

export function openWeb(testbed: Testbed, dual: Dual): WebDoor {
  const modern = createMcpHandler(() => createModernServer(testbed), {
    legacy: 'reject',
    maxRequestBodySize,
    onerror: report,
  });
  if (!dual) return modern;
  const sessions = new HttpSessions(async (hooks) => {
    const transport = new SessionTransport({ ...hooks, maxRequestBodySize });
    await createModernServer(testbed).connect(transport);
    return transport;
  });
  return {
    fetch: async (request) =>
      (await isLegacyRequest(request, undefined, { maxRequestBodySize }))
        ? await sessions.fetch(request)
        : await modern.fetch(request),
    close: async () => {
      await Promise.all([modern.close(), sessions.close()]);
    },
  };
}
