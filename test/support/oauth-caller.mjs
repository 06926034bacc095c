// A host in a process of its own: `node oauth-caller.mjs URL CALLS`. Prints "ready" once its server "guarded" is, and at a line on stdin makes its calls at
// once, prints the kinds of their outcomes as JSON, and ends.
import { once } from 'node:events';
import { openHost } from '../../dist/src/index.js';

const [url, calls] = process.argv.slice(2);
const config = { mcpServers: { guarded: { url, protocol: 'legacy', parallel: 'always' } } };
const host = await openHost(config);
const [{ state }] = host.servers();
if (state.kind !== 'ready') throw new Error(JSON.stringify(state));
console.log('ready');
await once(process.stdin, 'data');
const batch = Array.from({ length: Number(calls) }, (_, index) => ({
  id: String(index),
  name: 'guarded__run',
  arguments: '{}',
}));
const records = await host.runBatch(batch);
console.log(JSON.stringify(records.map(({ outcome }) => outcome.message ?? outcome.kind)));
await host.close();
process.exit(0);
