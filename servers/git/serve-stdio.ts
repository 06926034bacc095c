import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { armEnd, report } from './ending.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { createServer } from './mcp-server.ts';
import type { Repository } from './repository.ts';

/** Serves the client on standard input and output, in either protocol era, until it closes its end. */
export function serveStandardStreams(repository: Repository, readOnly: boolean): void {
  const handle = serveStdio(() => createServer(repository, readOnly), {
    transport: new StdioServerTransport(process.stdin, process.stdout, {
      maxBufferSize: MAX_MESSAGE_BYTES,
    }),
    onerror: report,
  });
  const end = armEnd(repository, async () => await handle.close());
  process.stdin.once('end', end).once('close', end);
  process.stdout.once('error', end);
}
