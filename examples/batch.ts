/**
 * The library in one page: three lookups on two servers as one batch. `npm run build && node dist/examples/batch.js` runs it,
 * or copy it into your project. `test/e2e/example.test.ts` runs it as it stands.
 */
import { openHost } from 'mcp-fanout';

const host = await openHost('mcp.config.json');
try {
  console.log(`${host.tools().length} tools on ${host.servers().length} servers`);

  const calls = await host.runBatch([
    { name: 'customers__get_customer', arguments: { customer_id: 1234 } },
    { name: 'customers__get_orders', arguments: { customer_id: 1234 } },
    { name: 'workspace__read_file', arguments: { path: 'package.json', end_line: 4 } },
    { name: 'workspace__no_such_tool' },
  ]);

  // One record for each call, in call order; a call never rejects.
  for (const { name, outcome, startedMs, endedMs } of calls) {
    const text =
      outcome.kind === 'ok'
        ? `${outcome.content.length} content block(s)`
        : `${outcome.kind}: ${'message' in outcome ? outcome.message : ''}`;
    console.log(`${name}  ${Math.round(startedMs)}–${Math.round(endedMs)} ms  ${text}`);
  }
} finally {
  await host.close();
}
