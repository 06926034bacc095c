import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The package, or the repository. By its name: this file is bundled with others, and then not where it was. */
const ROOT = new URL(
  '.',
  pathToFileURL(createRequire(import.meta.url).resolve('mcp-fanout/package.json')),
);

/** A first config, with comments: the bundled workspace server, started as it is installed here, so that it works at once and without a network. */
export function firstConfig(scope: 'folder' | 'user'): string {
  const schema = pathToFileURL(fileURLToPath(new URL('config.schema.json', ROOT))).href;
  const server = fileURLToPath(new URL('dist/servers/workspace/server.js', ROOT));
  const [root, where] =
    scope === 'folder'
      ? ['.', 'the files of this folder']
      : ['${PWD:-.}', 'the files of the folder that you are in'];
  return `{
  // Tells editors what may stand here.
  "$schema": ${JSON.stringify(schema)},

  // The MCP servers, in the shape that desktop hosts use. Their tools are called "<name>__<tool>".
  "mcpServers": {
    // Ships with mcp-fanout: ${where}; list, find, read, search, write and edit, never outside of it.
    "workspace": {
      "command": ${JSON.stringify(process.execPath)},
      "args": [${JSON.stringify(server)}, "--root", ${JSON.stringify(root)}]
    }

    // A server that is reached over HTTP; \${env:NAME} is expanded when it starts, never written down:
    // , "docs": { "type": "http", "url": "https://example.com/mcp", "headers": { "Authorization": "Bearer \${env:DOCS_TOKEN}" } }
  },

  // Tools that are declared read-only run; the others ask first, or are denied where nobody can be asked. Globs over tool names:
  "policy": {
    "allow": [],
    "deny": []
  }

  // Which model "run" asks. Without a key or an address an offline planner answers.
  // , "model": { "name": "gpt-5.1", "baseURL": "http://localhost:11434/v1", "apiKeyEnv": "OPENAI_API_KEY" }
}
`;
}
