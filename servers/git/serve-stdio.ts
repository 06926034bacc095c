import { serveStandardStreams } from '../shared/serve-stdio.ts';
import { END_MS, report } from './ending.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { createServer } from './mcp-server.ts';
import type { Repository } from './repository.ts';

/** Serves one client; at the end every git is ended. */
export function serveRepository(repository: Repository, readOnly: boolean): void {
  serveStandardStreams(() => createServer(repository, readOnly), {
    maxMessageBytes: MAX_MESSAGE_BYTES,
    report,
    close: () => repository.close(),
    endMs: END_MS,
  });
}
