import { openDualWeb } from '../shared/dual-web.ts';
import { addressFault, listen } from '../shared/http-listener.ts';
import { armEnd } from '../shared/process-end.ts';
import { EXIT_ADDRESS } from '../shared/voice.ts';
import { MAX_MESSAGE_BYTES, MAX_SESSIONS } from './limits.ts';
import { createServer } from './mcp-server.ts';
import type { HttpOptions } from './options.ts';
import type { Root } from './root.ts';
import { fail, report } from './voice.ts';
import { closeWorkspace, createWorkspace } from './workspace.ts';

/** Serves any number of clients over HTTP until a signal ends it. Prints the address on stderr once it listens. */
export async function serveHttp(root: Root, readOnly: boolean, http: HttpOptions): Promise<void> {
  const workspace = createWorkspace(root);
  const limits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxSessions: MAX_SESSIONS, report };
  const door = openDualWeb(() => createServer(workspace, readOnly), limits);
  try {
    const listener = await listen(http, door, limits);
    process.stderr.write(`workspace: listening on ${listener.url}\n`);
    armEnd(async () => {
      await Promise.all([listener.close(), closeWorkspace(workspace)]);
    }, report);
  } catch (error) {
    const fault = addressFault(error, http);
    if (fault === undefined) throw error;
    fail(EXIT_ADDRESS, fault);
  }
}
