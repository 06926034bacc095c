// A few records in a file, which every call reads, and writes back a while later, without a lock: calls that overlap lose what the other one wrote.
// `node store.mjs FILE`; several servers may have one file.
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const file = process.argv[2];
const text = (content) => ({ content: [{ type: 'text', text: content }] });

const TOOLS = {
  get: { hints: { readOnlyHint: true }, run: (records, { key }) => records[key] },
  all: { hints: { readOnlyHint: true }, run: (records) => JSON.stringify(records) },
  look: { hints: undefined, run: (records, { key }) => records[key] },
  set: {
    hints: { idempotentHint: true },
    run: (records, { key, value }) => (records[key] = value),
  },
  append: {
    hints: { readOnlyHint: false },
    run: (records, { key, value }) => (records[key] += value),
  },
  swap: {
    hints: { readOnlyHint: false },
    run: (records, { key, to }) => {
      [records[key], records[to]] = [records[to], records[key]];
      return JSON.stringify([records[key], records[to]]);
    },
  },
  'append-all': {
    hints: { readOnlyHint: false },
    run: (records, { value }) => {
      for (const key of Object.keys(records)) records[key] += value;
      return JSON.stringify(records);
    },
  },
};

async function call({ name, arguments: args }) {
  const records = JSON.parse(readFileSync(file, 'utf8'));
  await pause(args.latency);
  const before = JSON.stringify(records);
  const answer = TOOLS[name].run(records, args);
  const after = JSON.stringify(records);
  if (after !== before) writeFileSync(file, after);
  return text(answer);
}

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'store', version: '1' },
  }),
  'tools/list': () => ({
    tools: Object.entries(TOOLS).map(([name, { hints }]) => ({
      name,
      inputSchema: { type: 'object' },
      ...(hints && { annotations: hints }),
    })),
  }),
  'tools/call': call,
};

async function answer({ id, method, params }) {
  if (id === undefined) return;
  const result = await methods[method]?.(params);
  const outcome =
    result === undefined ? { error: { code: -32601, message: 'Method not found' } } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...outcome })}\n`);
}

let buffered = '';
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  const lines = (buffered + chunk).split('\n');
  buffered = lines.pop();
  for (const line of lines) void answer(JSON.parse(line));
});
