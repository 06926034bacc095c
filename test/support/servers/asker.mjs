// A server that asks back, by hand, in either era: `node asker.mjs legacy|modern`. What it receives is appended to the file in WIRE_LOG, one JSON object a line.
//
// legacy: `ask {requests}` sends these requests, and answers with the replies when all are there; with `{requests, wait: false}` it answers at once with `sent`,
//         with `{requests, fail: "tool"|"protocol"}` with an error that tells nothing of them.
//         `hang` never answers. `tell` answers with what came in reply to requests that were sent while no call was in flight (`ASK_ON_LIST`, a JSON array).
// modern: `ask {rounds}` answers its n-th round with the n-th of `rounds`, and when they are over with all that it was answered. In a round, `exit: true` ends the
//         process after it, `exit: "silently"` instead of it, and `error` is answered in place of a result.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const isModern = process.argv[2] === 'modern';
const replies = new Map();
const unsolicited = [];
let lastId = 0;

function log(event, facts = {}) {
  if (!process.env.WIRE_LOG) return;
  const line = JSON.stringify({ event, pid: process.pid, ...facts });
  appendFileSync(process.env.WIRE_LOG, `${line}\n`);
}
function send(message, then) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`, then);
}
function answer(id, result) {
  send({ id, result: isModern ? { resultType: 'complete', ...result } : result });
}
function text(id, value) {
  answer(id, { content: [{ type: 'text', text: JSON.stringify(value) }] });
}
/** Asks, and resolves to the reply; `cancel`: takes the question back at once. */
function ask({ cancel, ...request }) {
  lastId += 1;
  const id = `s${lastId}`;
  send({ id, ...request });
  if (cancel) send({ method: 'notifications/cancelled', params: { requestId: id } });
  return cancel ? 'taken back' : new Promise((resolve) => replies.set(id, resolve));
}

const TOOLS = ['ask', 'hang', 'tell', 'ask_safely'].map((name) => ({
  name,
  inputSchema: { type: 'object' },
  // Declared a read, so that it may be repeated.
  ...(name === 'ask_safely' && { annotations: { readOnlyHint: true } }),
}));

async function call({ id, params }) {
  const { name, arguments: args = {}, inputResponses, requestState } = params;
  if (name === 'hang') return;
  if (name === 'tell') {
    text(id, await Promise.all(unsolicited));
    return;
  }
  if (!isModern) {
    const asked = args.requests.map(ask);
    const got = args.wait === false ? 'sent' : await Promise.all(asked);
    const words = 'the client will not';
    if (args.fail === 'tool')
      answer(id, { content: [{ type: 'text', text: words }], isError: true });
    else if (args.fail === 'protocol') send({ id, error: { code: -32000, message: words } });
    else text(id, got);
    return;
  }
  const { round, got } = requestState ? JSON.parse(requestState) : { round: 0, got: [] };
  const known = inputResponses === undefined ? got : [...got, inputResponses];
  const next = args.rounds[round];
  if (next === undefined) {
    text(id, known);
    return;
  }
  if (next.exit === 'silently') process.exit(3);
  if (next.error) {
    send({ id, error: next.error });
    return;
  }
  const state = JSON.stringify({ round: round + 1, got: known });
  const { exit, requests, ...more } = next;
  const result = { resultType: 'input_required', requestState: state, ...more };
  send({ id, result: requests ? { ...result, inputRequests: requests } : result }, () => {
    if (exit) process.exit(3);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  const { id, method, params } = message;
  log(method ?? 'reply', { id, params, result: message.result, error: message.error });
  if (method === undefined) {
    replies.get(id)?.(message.error ?? message.result);
    replies.delete(id);
  } else if (method === 'server/discover' && isModern) {
    const capabilities = { tools: {} };
    answer(id, {
      supportedVersions: ['2026-07-28'],
      capabilities,
      ttlMs: 0,
      cacheScope: 'private',
    });
  } else if (method === 'initialize' && !isModern) {
    const serverInfo = { name: 'asker', version: '1' };
    answer(id, { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo });
  } else if (method === 'tools/list') {
    answer(id, { tools: TOOLS, ...(isModern && { ttlMs: 0, cacheScope: 'private' }) });
    for (const request of JSON.parse(process.env.ASK_ON_LIST ?? '[]'))
      unsolicited.push(ask(request));
  } else if (method === 'tools/call') void call(message);
  else if (id !== undefined) send({ id, error: { code: -32601, message: 'no such method' } });
}
