import { McpServer } from '@modelcontextprotocol/server';
import { registerCommit } from './commit-tool.ts';
import { registerHistoryTools } from './history-tools.ts';
import type { Repository } from './repository.ts';
import { registerStateTools } from './state-tools.ts';

/** Makes the server for one connection. */
export function createServer(repository: Repository, readOnly: boolean): McpServer {
  const server = new McpServer(
    { name: 'git', title: 'Git repository', version: '0.1.0' },
    {
      capabilities: { tools: { listChanged: false } },
      instructions:
        'One git repository. Paths are relative to the top of its work tree, with forward slashes: src/index.ts. ' +
        (readOnly ? 'Nothing can be changed.' : 'commit is the only tool that changes anything.'),
    },
  );
  registerStateTools(server, repository);
  registerHistoryTools(server, repository);
  if (!readOnly) registerCommit(server, repository);
  return server;
}
