import { serveStandardStreams } from '../shared/serve-stdio.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { createServer } from './mcp-server.ts';
import type { Root } from './root.ts';
import { report } from './voice.ts';
import { closeWorkspace, createWorkspace } from './workspace.ts';

/** Serves one client; at the end searches are killed, and writes under way finished. */
export function serveRoot(root: Root, readOnly: boolean): void {
  const workspace = createWorkspace(root);
  serveStandardStreams(() => createServer(workspace, readOnly), {
    maxMessageBytes: MAX_MESSAGE_BYTES,
    report,
    close: () => closeWorkspace(workspace),
  });
}
