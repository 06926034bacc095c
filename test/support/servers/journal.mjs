// A server that writes down each execution of its tool, with fsync, before anything else can happen, and that dies or fails where it is told:
// `node journal.mjs stdio|http KIND JOURNAL`. KIND says what its one tool `do` declares: plain, idempotent, read. A call names its `tag`, a `fault`, and
// how many times it meets it (`times`, default 1). On http it prints its port; a worker serves, and a keeper starts another when it dies.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const [, , way, kind, journal] = process.argv;
const HINTS = {
  plain: { readOnlyHint: false },
  idempotent: { readOnlyHint: false, idempotentHint: true },
  read: { readOnlyHint: true },
};

function execute(tag) {
  const file = openSync(journal, 'a');
  writeSync(file, `${tag}\n`);
  fsyncSync(file);
  closeSync(file);
}

/** The fault of this arrival: those that come after it go well. */
function faultOf({ tag, fault, times = 1 }) {
  const arrivals = `${journal}.arrivals`;
  appendFileSync(arrivals, `${tag}\n`);
  const count = readFileSync(arrivals, 'utf8')
    .split('\n')
    .filter((line) => line === tag).length;
  return count <= times ? fault : undefined;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
}

const answerOf = (id, tag) => ({
  jsonrpc: '2.0',
  id,
  result: { content: [{ type: 'text', text: tag }] },
});

function handshake({ id, method, params }) {
  if (method === 'initialize') {
    return {
      jsonrpc: '2.0',
      id,
      result: {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'journal', version: '1' },
      },
    };
  }
  if (method === 'tools/list') {
    const tools = [{ name: 'do', inputSchema: { type: 'object' }, annotations: HINTS[kind] }];
    return { jsonrpc: '2.0', id, result: { tools } };
  }
  return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } };
}

// Over stdio

function callOverStdio({ id, params }) {
  const args = params.arguments;
  const line = `${JSON.stringify(answerOf(id, args.tag))}\n`;
  const fault = faultOf(args);
  switch (fault) {
    case 'dies-on-request':
      return die();
    case 'dies-after-execution':
      execute(args.tag);
      return die();
    case 'dies-in-answer':
      execute(args.tag);
      return process.stdout.write(line.slice(0, line.length / 2), die);
    case 'dies-after-answer':
      execute(args.tag);
      return process.stdout.write(line, die);
    case 'closes-stdout':
      execute(args.tag);
      return process.stdout.end();
    case 'breaks-answer':
      execute(args.tag);
      return process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id })}\n`);
    case 'hangs':
      return undefined;
    case 'hangs-after-execution':
      return execute(args.tag);
    default:
      execute(args.tag);
      return process.stdout.write(line);
  }
}

function serveStdio() {
  let buffered = '';
  process.stdin.setEncoding('utf8').on('data', (chunk) => {
    const lines = (buffered + chunk).split('\n');
    buffered = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.method === 'tools/call') callOverStdio(message);
      else if (message.id !== undefined) {
        process.stdout.write(`${JSON.stringify(handshake(message))}\n`);
      }
    }
  });
  process.stdin.on('end', () => process.exit(0));
  // Whoever has closed its stdout still lives.
  setInterval(() => undefined, 60_000);
}

// Over HTTP

function callOverHttp({ id, params }, response) {
  const args = params.arguments;
  const body = JSON.stringify(answerOf(id, args.tag));
  const json = { 'content-type': 'application/json' };
  const stream = { 'content-type': 'text/event-stream' };
  const fault = faultOf(args);
  const isAfter = fault?.endsWith('-after-execution') === true;
  if (fault === undefined || isAfter || /answer|stream/u.test(fault)) execute(args.tag);
  switch (fault?.replace('-after-execution', '')) {
    case 'dies':
    case 'dies-on-request':
      return die();
    case 'dies-in-answer':
      response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) });
      return response.write(body.slice(0, body.length / 2), () => setImmediate(die));
    case 'dies-in-stream':
      response.writeHead(200, stream);
      return response.write(`data: ${body.slice(0, body.length / 2)}`, () => setImmediate(die));
    case 'dies-after-answer':
      response.on('close', () => setTimeout(die, 20));
      return response.writeHead(200, json).end(body);
    case 'drops':
      return response.destroy();
    case 'drops-in-stream':
      response.writeHead(200, stream);
      return response.write('data: {"jsonrpc":', () => response.destroy());
    case 'ends-stream':
      return response.writeHead(200, stream).end(': nothing\n\n');
    case 'hangs':
      return undefined;
    case '404':
    case '429':
    case '500':
    case '502':
    case '503':
      return response.writeHead(Number.parseInt(fault, 10)).end('no');
    default:
      return response.writeHead(200, json).end(body);
  }
}

function serveHttp() {
  process.on('disconnect', () => process.exit(0));
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    if (text === '') return response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
    const message = JSON.parse(text);
    if (message.method === 'tools/call') return callOverHttp(message, response);
    if (message.id === undefined) return response.writeHead(202).end();
    const status = message.method === 'server/discover' ? 400 : 200;
    const headers = { 'content-type': 'application/json', 'mcp-session-id': `s${process.pid}` };
    return response.writeHead(status, headers).end(JSON.stringify(handshake(message)));
  });
  process.on('message', (_, socket) => {
    server.emit('connection', socket);
    socket.resume();
  });
  appendFileSync(`${journal}.starts`, 'x');
  process.send('ready');
}

/** Listens, and lets a worker serve: connections that come while there is none wait for the next one. */
function keep() {
  const waiting = [];
  let ready;
  const hand = () => {
    if (ready === undefined) return;
    for (const socket of waiting.splice(0)) ready.send('connection', socket);
  };
  const start = () => {
    const worker = fork(process.argv[1], process.argv.slice(2), {
      env: { ...process.env, JOURNAL_WORKER: '1' },
    });
    worker.on('message', () => {
      ready = worker;
      hand();
    });
    worker.on('exit', () => {
      ready = undefined;
      start();
    });
    // It may be dead already: its connections are, too.
    worker.on('error', () => undefined);
  };
  start();
  const listener = createTcpServer({ pauseOnConnect: true }, (socket) => {
    waiting.push(socket);
    hand();
  });
  listener.listen(0, '127.0.0.1', () => process.stdout.write(`${listener.address().port}\n`));
}

if (way === 'stdio') serveStdio();
else if (process.env.JOURNAL_WORKER === undefined) keep();
else serveHttp();
