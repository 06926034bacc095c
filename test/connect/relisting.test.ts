import { expect, test } from 'vitest';
import { stdioServer, textOf } from '../support/connections.ts';
import { eventually } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';

/** A server of the old era; `onList(count, answer, say)` runs for each `tools/list`. */
function lister(onList: string): readonly string[] {
  const script = `
    const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    const changed = () => say({ method: 'notifications/tools/list_changed' });
    let lists = 0;
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      const result = (value) => say({ id, result: value });
      const tools = (...names) =>
        result({ tools: names.map((name) => ({ name, inputSchema: { type: 'object' } })) });
      if (method === 'initialize') {
        const { protocolVersion } = params;
        result({ protocolVersion, capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'x', version: '1' } });
      } else if (method === 'tools/list') { lists += 1; (${onList})(); }
      else if (method === 'tools/call') { result({ content: [{ type: 'text', text: String(lists) }] }); changed(); }
    });`;
  return ['-e', script];
}

verifies(
  'heal:list-changed',
  'a change that is told of while the first list is still on its way is not lost',
  async () => {
    const args = lister(
      `() => { if (lists > 1) return tools('early', 'late'); changed(); setTimeout(() => tools('early'), 500); }`,
    );
    await using server = await stdioServer(process.execPath, args, { protocol: 'legacy' }).ready();
    await eventually('the new list', () => server.toolChanges === 1);
    expect(server.connection.tools().map(({ name }) => name)).toEqual(['early', 'late']);
  },
);

test('a server that does not answer the question for its new list is asked again after the next change', async () => {
  const args = lister(`() => { if (lists !== 2) tools('tool' + lists); }`);
  await using server = await stdioServer(process.execPath, args, {
    protocol: 'legacy',
    timeouts: { connectMs: 5_000 },
  }).ready();
  expect(textOf(await server.call('tool1'))).toBe('1');
  await eventually('the notice', () => server.noticeCodes().includes('relist-failed'));
  expect(server.connection.state.kind).toBe('ready');
  expect(textOf(await server.call('tool1'))).toBe('2');
  await eventually('the new list', () => server.toolChanges === 1);
  expect(server.connection.tools().map(({ name }) => name)).toEqual(['tool3']);
});
