import { serveStandardStreams } from '../shared/serve-stdio.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { LanguageServer } from './lsp/language-server.ts';
import { createServer } from './mcp-server.ts';
import type { Project } from './project/project.ts';
import { report } from './voice.ts';

/** Serves one client; at the end the language server is ended. */
export function serveProject(project: Project): void {
  const languageServer = new LanguageServer(project);
  serveStandardStreams(() => createServer(languageServer), {
    maxMessageBytes: MAX_MESSAGE_BYTES,
    report,
    close: () => languageServer.close(),
  });
  languageServer.warmUp();
}
