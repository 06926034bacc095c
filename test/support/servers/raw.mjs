// A server that speaks JSON-RPC by hand, so that every fault can be planted. `node raw.mjs MODE [JSON options]`.
// What happens to it is appended to the file in WIRE_LOG, one JSON object a line.
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, statSync } from 'node:fs';

const mode = process.argv[2] ?? 'good';
const options = JSON.parse(process.argv[3] ?? '{}');

function log(event, facts = {}) {
  if (process.env.WIRE_LOG)
    appendFileSync(
      process.env.WIRE_LOG,
      `${JSON.stringify({ event, pid: process.pid, ...facts })}\n`,
    );
}
function write(text) {
  process.stdout.write(text);
}
function send(message) {
  write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
function text(content, more = {}) {
  return { content: [{ type: 'text', text: content }], ...more };
}

log('start');

/** How often this server was started, for those that are told where to count. */
let starts = 1;
if (options.counter) {
  appendFileSync(options.counter, 'x');
  starts = statSync(options.counter).size;
}
if (options.failStarts?.includes(starts)) {
  process.stderr.write(`start ${starts} is none\n`);
  process.exit(7);
}

if (mode === 'exit-7') {
  process.stderr.write('cannot open the database\nno such file: \u001b[31mdata.sqlite\u001b[0m\n');
  process.exit(7);
}
if (mode === 'ignore-term') process.on('SIGTERM', () => log('sigterm'));
// Deaf itself, with a child that is as deaf.
if (mode === 'deaf-family') process.on('SIGTERM', () => undefined);
const isStubborn = mode === 'ignore-term' || mode === 'ignore-eof' || mode === 'deaf-family';
if (isStubborn) setInterval(() => undefined, 1_000);
if (mode === 'stderr-flood')
  process.stderr.write(`${'x'.repeat(2 * 1024 * 1024)}\nthe last line\n`, () => log('flooded'));
if (mode === 'grandchild' || mode === 'deaf-family') {
  const child = spawn(
    process.execPath,
    ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'],
    { stdio: options.inherit ? 'inherit' : 'ignore' },
  );
  log('grandchild', { child: child.pid });
}
if (mode === 'junk') {
  write('Server listening on stdio\n\u001b[2J{broken\n42\n\n');
}

let tools = options.toolsByStart?.[starts - 1] ??
  options.tools ?? [
    {
      name: 'echo',
      description: 'Says it again',
      inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
    },
    {
      name: 'typed',
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
    },
    {
      name: 'untestable',
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object', properties: { n: { type: 'string', pattern: '(?=a)a' } } },
    },
  ];

const pages = {
  'endless-cursor': (cursor) => ({
    tools: [{ name: `tool_${cursor ?? 0}`, inputSchema: { type: 'object' } }],
    nextCursor: String(Number(cursor ?? 0) + 1),
  }),
  'repeated-cursor': () => ({ tools, nextCursor: 'again' }),
  'two-pages': (cursor) =>
    cursor === undefined
      ? { tools: tools.slice(0, 1), nextCursor: 'p2' }
      : { tools: tools.slice(1) },
  'half-list': (cursor) => {
    if (cursor === undefined) return { tools, nextCursor: 'p2' };
    process.stderr.write('out of memory\n');
    return process.exit(3);
  },
};

const waiting = new Map();
const ticking = new Map();
const answers = new Map();
let asked = 0;

const calls = {
  echo: (id, args) => send({ id, result: text(String(args.text)) }),
  // What a logger writes that should write to stderr.
  'log-json': (id, args) => {
    write('{"level":"error","error":"no such table"}\n{"level":30,"id":7,"msg":"slow"}\n');
    send({ id, result: text(String(args.text)) });
  },
  typed: (id, args) =>
    send({ id, result: text('typed', args.omit ? {} : { structuredContent: args.value }) }),
  nothing: (id) => send({ id, result: {} }),
  untestable: (id) => send({ id, result: text('fine', { structuredContent: { n: 'b' } }) }),
  fails: (id) => send({ id, result: text('no such customer', { isError: true }) }),
  wait: (id) => waiting.set(id, true),
  release: (id) => {
    for (const other of waiting.keys()) send({ id: other, result: text('released') });
    waiting.clear();
    send({ id, result: text('ok') });
  },
  waiting: (id) => send({ id, result: text(String(waiting.size)) }),
  // Progress and answer in one chunk.
  progress: (id, args, meta) => {
    const lines = [];
    for (let step = 1; step <= args.steps; step += 1) {
      lines.push({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: {
          progressToken: meta.progressToken,
          progress: step,
          total: args.steps,
          message: `step ${step}`,
        },
      });
    }
    lines.push({ jsonrpc: '2.0', id, result: text('done') });
    write(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  },
  // A sign of life now and then, until it is cancelled or has done so many.
  ticks: (id, args, meta) => {
    let progress = 0;
    const timer = setInterval(() => {
      progress += 1;
      send({
        method: 'notifications/progress',
        params: { progressToken: meta.progressToken, progress },
      });
      if (progress < args.times) return;
      clearInterval(timer);
      send({ id, result: text('ticked') });
    }, args.everyMs);
    ticking.set(id, timer);
  },
  big: (id, args) => {
    const result = text('x'.repeat(args.bytes));
    if (args.idLast) write(`${JSON.stringify({ result, jsonrpc: '2.0', id })}\n`);
    else if (args.idHidden) write(`${JSON.stringify({ a: {}, id, result, b: {} })}\n`);
    else write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
  },
  both: (id) => send({ id, result: text('x'), error: { code: -32603, message: 'x' } }),
  neither: (id) => send({ id }),
  'bad-error': (id) => send({ id, error: 'oops' }),
  'null-id-error': () => send({ id: null, error: { code: -32700, message: 'cannot parse' } }),
  'list-result': (id) => send({ id, result: [1, 2] }),
  duplicate: (id) => {
    send({ id, result: text('first') });
    send({ id, result: text('second') });
  },
  'string-id': (id) => send({ id: String(id), result: text('string id') }),
  'no-version': (id) => write(`${JSON.stringify({ id, result: text('no jsonrpc member') })}\n`),
  joined: (id) =>
    write(
      `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: '}{' } })} ${JSON.stringify({ jsonrpc: '2.0', id, result: text('joined') })}\n`,
    ),
  'crlf-bom': (id) =>
    write(`\uFEFF${JSON.stringify({ jsonrpc: '2.0', id, result: text('crlf') })}\r\n`),
  batch: (id) => write(`${JSON.stringify([{ jsonrpc: '2.0', id, result: text('batched') }])}\n`),
  'split-utf8': (id) => {
    const bytes = Buffer.from(
      `${JSON.stringify({ jsonrpc: '2.0', id, result: text('żółć 🦊') })}\n`,
    );
    let at = 0;
    const next = () => {
      if (at >= bytes.length) return;
      process.stdout.write(bytes.subarray(at, (at += 1)), () => setImmediate(next));
    };
    next();
  },
  deep: (id, args) => {
    const depth = args.depth;
    write(
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"structuredContent":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}}\n`,
    );
  },
  blocks: (id, args) => send({ id, result: { content: args.content } }),
  reply: (id, args) => send({ ...args.message, id }),
  'rpc-error': (id, args) =>
    send({ id, error: { code: args.code, message: args.message ?? 'no' } }),
  crash: (id, args) => {
    process.stderr.write('\u001b]0;owned\u0007segmentation fault\n');
    if (args.signal) process.kill(process.pid, args.signal);
    else process.exit(args.code ?? 9);
  },
  'close-stdout': () => {
    process.stdout.end();
    setInterval(() => undefined, 1_000);
  },
  'close-stdin': () => {
    process.stdin.destroy();
    closeSync(0);
    setInterval(() => undefined, 1_000);
  },
  // Asks the client for something it does not offer, and tells what it said.
  ask: (id, args) => {
    asked += 1;
    const request = `ask-${asked}`;
    answers.set(request, (message) =>
      send({ id, result: text(JSON.stringify(message.error ?? message.result)) }),
    );
    send({ id: request, method: args.method, params: args.params ?? {} });
  },
  'change-list': (id, args) => {
    tools = args.tools;
    for (let time = 0; time < (args.times ?? 1); time += 1)
      send({ method: 'notifications/tools/list_changed' });
    send({ id, result: text('changed') });
  },
  starts: (id) => send({ id, result: text(String(starts)) }),
  env: (id) => send({ id, result: text(JSON.stringify(process.env)) }),
  cwd: (id) => send({ id, result: text(process.cwd()) }),
  args: (id) => send({ id, result: text(JSON.stringify(process.argv.slice(4))) }),
  'stop-reading': (id) => {
    send({ id, result: text('stopped') });
    process.stdin.pause();
    stopped = true;
    // A process that reads nothing would end by itself.
    setInterval(() => undefined, 1_000);
  },
};
let stopped = false;

function handle(message) {
  log('received', {
    method: message.method,
    id: message.id,
    params: message.method === 'notifications/cancelled' ? message.params : undefined,
  });
  const { id, method, params = {} } = message;
  if (method === undefined) {
    answers.get(id)?.(message);
    return;
  }
  if (method === 'notifications/cancelled') clearInterval(ticking.get(params.requestId));
  if (mode === 'silent' || options.silentStarts?.includes(starts)) return;
  if (mode === 'silent-probe' && method !== 'initialize' && !initialized) return;
  if (mode === 'exit-on-probe' && method !== 'initialize' && !initialized) {
    process.stderr.write('expected initialize\n');
    process.exit(1);
  }
  if (mode === 'strict' && method !== 'initialize' && !initialized) {
    if (id !== undefined) send({ id, error: { code: -32600, message: 'not initialized' } });
    return;
  }
  if (method === 'initialize') {
    initialized = true;
    if (mode === 'silent-initialize') return;
    if (mode === 'refuse-version') {
      const data = { supported: options.supported, requested: params.protocolVersion };
      send({ id, error: { code: -32022, message: 'Unsupported protocol version', data } });
      return;
    }
    const protocolVersion =
      mode === 'version-lie' ? '1999-01-01' : (options.version ?? params.protocolVersion);
    send({
      id,
      result: {
        protocolVersion,
        capabilities: options.capabilities ?? { tools: { listChanged: true } },
        serverInfo: { name: 'raw', version: '1' },
      },
    });
    return;
  }
  if (method === 'tools/list') {
    if (mode === 'silent-list') return;
    const page = pages[mode]?.(params.cursor) ?? { tools };
    send({ id, result: page });
    if (mode === 'short-lived') {
      process.stderr.write('cannot stay\n');
      setTimeout(() => process.exit(5), 20);
    }
    return;
  }
  if (method === 'tools/call') {
    const call = calls[params.name];
    if (call === undefined)
      send({ id, error: { code: -32602, message: `Unknown tool: ${params.name}` } });
    else call(id, params.arguments ?? {}, params._meta ?? {});
    return;
  }
  if (id !== undefined) send({ id, error: { code: -32601, message: 'Method not found' } });
}
let initialized = false;

let buffered = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  buffered += chunk;
  const lines = buffered.split('\n');
  buffered = lines.pop() ?? '';
  for (const line of lines) if (line !== '' && !stopped) handle(JSON.parse(line));
});
process.stdin.on('end', () => {
  log('eof');
  if (!isStubborn) process.exit(0);
});
