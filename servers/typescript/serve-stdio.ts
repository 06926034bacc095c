import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { armEnd, report } from './ending.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { LanguageServer } from './lsp/language-server.ts';
import { createServer } from './mcp-server.ts';
import type { Project } from './project/project.ts';

/** Serves the client on standard input and output, in either protocol era, until it closes its end. */
export function serveStandardStreams(project: Project): void {
  const languageServer = new LanguageServer(project);
  const handle = serveStdio(() => createServer(languageServer), {
    transport: new StdioServerTransport(process.stdin, process.stdout, {
      maxBufferSize: MAX_MESSAGE_BYTES,
    }),
    onerror: report,
  });
  const end = armEnd(async () => {
    await Promise.all([handle.close(), languageServer.close()]);
  });
  process.stdin.once('end', end).once('close', end);
  process.stdout.once('error', end);
  languageServer.warmUp();
}
