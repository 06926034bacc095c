// Many calls, and a pause with a full collection, three times: `node --expose-gc --trace-deopt calls-after-pauses.mjs`. Runs on the built code. V8 tells on stdout which code it throws away.
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openHost } from '../../dist/src/index.js';

const server = fileURLToPath(new URL('../../dist/bench/race/floor-server.js', import.meta.url));
const host = await openHost({ mcpServers: { s: { command: process.execPath, args: [server] } } });
for (let round = 0; round < 3; round += 1) {
  for (let batch = 0; batch < 30; batch += 1) {
    await host.runBatch(
      Array.from({ length: 64 }, (_, index) => ({
        name: 's__echo',
        arguments: { text: `${index}` },
      })),
    );
  }
  await pause(150);
  globalThis.gc();
}
await host.close();
