// A host that exits while its server runs. Runs on the built code: the registry's exit handler is what is under test.
import { fileURLToPath } from 'node:url';
import { Connection } from '../../dist/src/connect/connection.js';

const server = fileURLToPath(new URL('./servers/raw.mjs', import.meta.url));
const marker = process.argv[2];
const connection = new Connection(
  {
    id: 'raw',
    protocol: 'auto',
    timeouts: { connectMs: 20_000 },
    endpoint: {
      kind: 'stdio',
      command: process.execPath,
      args: [server, 'grandchild'],
      env: { MCP_FANOUT_TEST: marker },
      cwd: process.cwd(),
    },
  },
  {
    env: process.env,
    expand: (endpoint) => endpoint,
    emit: () => undefined,
    redact: (text) => text,
    version: '0',
    offers: {
      elicit: { kind: 'withheld', reason: 'nobody' },
      sampling: { kind: 'withheld', reason: 'off' },
      roots: { kind: 'withheld', reason: 'none' },
    },
  },
  { maxMessageBytes: 1_000_000 },
);
const state = await connection.settled();
process.stdout.write('settled\n');
process.stdin.once('data', () => {
  process.exit(state.kind === 'ready' ? 0 : 1);
});
