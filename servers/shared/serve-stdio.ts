import type { McpServer } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { armEnd } from './process-end.ts';

export interface StdioOptions {
  /** Largest message accepted. */
  readonly maxMessageBytes: number;
  readonly report: (error: unknown) => void;
  /** Closes what is open beside the connection, at the end. */
  readonly close: () => Promise<void>;
  /** How long the end may take before it is enforced, in ms. */
  readonly endMs?: number;
}

/** Serves the client on standard input and output, in either protocol era, until it closes its end. */
export function serveStandardStreams(createServer: () => McpServer, options: StdioOptions): void {
  const { maxMessageBytes, report, close, endMs } = options;
  const handle = serveStdio(createServer, {
    transport: new StdioServerTransport(process.stdin, process.stdout, {
      maxBufferSize: maxMessageBytes,
    }),
    onerror: report,
  });
  const closeAll = async () => {
    await Promise.all([handle.close(), close()]);
  };
  const end = armEnd(closeAll, report, endMs);
  process.stdin.once('end', end).once('close', end);
  process.stdout.once('error', end);
}
