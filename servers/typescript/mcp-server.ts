import { McpServer } from '@modelcontextprotocol/server';
import type { LanguageServer } from './lsp/language-server.ts';
import { registerDiagnostics } from './tools/diagnostics-tool.ts';
import { registerFindDefinition } from './tools/find-definition-tool.ts';
import { registerFindReferences } from './tools/find-references-tool.ts';
import { registerTypeOf } from './tools/type-of-tool.ts';

/** Makes the server for one connection. All of them share the language server. */
export function createServer(languageServer: LanguageServer): McpServer {
  const server = new McpServer(
    { name: 'typescript', title: 'TypeScript code intelligence', version: '0.1.0' },
    {
      capabilities: { tools: { listChanged: false } },
      instructions:
        'Knows the code of one TypeScript project, as it is on disk at each call. Ask by name (symbol), or by position ' +
        '(path, line and column, from 1). The tools only read and do not depend on each other: call them together.',
    },
  );
  registerTypeOf(server, languageServer);
  registerFindReferences(server, languageServer);
  registerFindDefinition(server, languageServer);
  registerDiagnostics(server, languageServer);
  return server;
}
