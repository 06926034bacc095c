import { armEnd, EXIT_ADDRESS, fail, report } from './ending.ts';
import { listen } from './http.ts';
import { createServer } from './mcp-server.ts';
import type { HttpOptions } from './options.ts';
import { systemCode } from './refusal.ts';
import type { Root } from './root.ts';
import { createWorkspace } from './workspace.ts';

/** Serves any number of clients over HTTP until a signal ends it. Prints the address on stderr once it listens. */
export async function serveHttp(root: Root, readOnly: boolean, http: HttpOptions): Promise<void> {
  const workspace = createWorkspace(root);
  try {
    const listener = await listen(http, () => createServer(workspace, readOnly), report);
    process.stderr.write(`workspace: listening on ${listener.url}\n`);
    armEnd(workspace, async () => await listener.close());
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const why =
      code === 'EADDRINUSE'
        ? 'the port is in use; choose another with --port, or 0 for any free one'
        : `the address cannot be listened on (${code}); see --host and --port`;
    fail(EXIT_ADDRESS, `${http.host}:${http.port}: ${why}.`);
  }
}
