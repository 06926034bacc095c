import { McpServer } from '@modelcontextprotocol/server';
import { registerReadTools } from './read-tools.ts';
import type { Workspace } from './workspace.ts';
import { registerWriteTools } from './write-tools.ts';

/** Makes the server for one connection or request. All of them share the workspace. */
export function createServer(workspace: Workspace, readOnly: boolean): McpServer {
  const server = new McpServer(
    { name: 'workspace', title: 'Workspace files', version: '0.1.0' },
    {
      capabilities: { tools: { listChanged: false } },
      instructions:
        'Text files of one folder. Paths are relative to it, with forward slashes: src/index.ts. ' +
        (readOnly
          ? 'Nothing can be changed.'
          : 'Use edit_file for changes in a file, write_file for new ones.'),
    },
  );
  registerReadTools(server, workspace);
  if (!readOnly) registerWriteTools(server, workspace);
  return server;
}
