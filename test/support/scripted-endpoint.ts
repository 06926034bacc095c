import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A model endpoint by script: a real loopback HTTP server that speaks Chat Completions, or, with the answers of `scripted-responses.ts`, the Responses
 * API. Each request takes the next step. What it was asked is recorded. A request that the script does not foresee, and a step that nobody asked for, are errors when it is closed.
 *
 *     await using endpoint = await scriptedEndpoint([
 *       message({ calls: [{ name: 'a__b', arguments: { id: 1 } }] }),
 *       message({ text: 'Done.' }),
 *     ]);
 *     … OPENAI_BASE_URL: endpoint.url …
 */
export async function scriptedEndpoint(steps: readonly Step[]): Promise<ScriptedEndpoint> {
  const endpoint = new ScriptedEndpoint(steps);
  await endpoint.listen();
  return endpoint;
}

/** One answer, or a function that makes it of the request. */
export type Step = Reply | ((request: RecordedRequest) => Reply);

export type Reply =
  /** An event stream. */
  | { readonly kind: 'stream'; readonly parts: readonly Part[] }
  /** Anything else. */
  | {
      readonly kind: 'plain';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** The connection is destroyed without an answer. */
  | { readonly kind: 'hang-up' };

export type Part =
  /** One `data:` message. */
  | { readonly kind: 'chunk'; readonly value: unknown }
  /** Bytes as they are. */
  | { readonly kind: 'raw'; readonly text: string }
  /** Holds the rest back until the promise settles: a rendezvous instead of a delay. */
  | { readonly kind: 'wait'; readonly until: Promise<unknown> }
  /** Destroys the connection. */
  | { readonly kind: 'break-off' };

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as text, for comparisons byte by byte. */
  readonly text: string;
  readonly body: ChatRequest;
  /** The same body, for requests to the Responses API. */
  readonly asked: ResponsesRequest;
}

/** What tests look at in a request. */
interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatRequestMessage[];
  readonly tools?: readonly {
    readonly type: string;
    readonly function: {
      readonly name: string;
      readonly description?: string;
      readonly parameters: Record<string, unknown>;
    };
  }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage: boolean };
  readonly parallel_tool_calls?: boolean;
}

/** What tests look at in a request to the Responses API. */
interface ResponsesRequest {
  readonly model: string;
  readonly input: readonly ResponsesRequestItem[];
  readonly tools?: readonly {
    readonly type: string;
    readonly name: string;
    readonly description?: string;
    readonly strict: boolean;
  }[];
  readonly include?: readonly string[];
  readonly store?: boolean;
  readonly parallel_tool_calls?: boolean;
}

export interface ResponsesRequestItem {
  readonly type?: string;
  readonly role?: string;
  readonly id?: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly content?: unknown;
  readonly output?: string | readonly { readonly type: string; readonly text?: string }[];
}

export interface ChatRequestMessage {
  readonly role: string;
  readonly content?: string | null;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly type: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

/** A call of a scripted message. Default id: `call_1`, `call_2` …; arguments as an object or as raw text. */
export interface ScriptedCall {
  readonly id?: string;
  readonly name: string;
  readonly arguments?: object | string;
}

/** A well-formed message, streamed in small pieces the way OpenAI does. `finish` default: `tool_calls` with calls, else `stop`. */
export function message(content: {
  readonly text?: string;
  readonly calls?: readonly ScriptedCall[];
  readonly finish?: string;
}): Reply {
  const { text = '', calls = [] } = content;
  const finish = content.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  return stream([
    delta({ role: 'assistant', content: '' }),
    ...inPieces(text).map((piece) => delta({ content: piece })),
    ...calls.flatMap((call, index) => callParts(call, index)),
    finished(finish),
    usage(11, 7),
    done(),
  ]);
}

/** The same message in one document, as endpoints answer that do not stream. */
export function document(content: {
  readonly text?: string;
  readonly calls?: readonly ScriptedCall[];
  readonly finish?: string;
}): Reply {
  const { text = '', calls = [] } = content;
  const wireCalls = calls.map((call, index) => ({
    id: call.id ?? `call_${String(index + 1)}`,
    type: 'function',
    function: { name: call.name, arguments: argumentText(call) },
  }));
  const answer = {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(wireCalls.length > 0 ? { tool_calls: wireCalls } : {}),
  };
  const finish = content.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  return plain(200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'scripted',
    choices: [{ index: 0, message: answer, finish_reason: finish }],
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  });
}

/** A call's arguments as they are written. */
export function argumentText({ arguments: given = {} }: ScriptedCall): string {
  return typeof given === 'string' ? given : JSON.stringify(given);
}

/** The pieces of one call: its name first, then its arguments bit by bit. */
export function callParts(call: ScriptedCall, index: number): Part[] {
  const text = argumentText(call);
  const start = {
    index,
    id: call.id ?? `call_${String(index + 1)}`,
    type: 'function',
    function: { name: call.name, arguments: '' },
  };
  return [
    delta({ tool_calls: [start] }),
    ...inPieces(text).map((piece) =>
      delta({ tool_calls: [{ index, function: { arguments: piece } }] }),
    ),
  ];
}

export function stream(parts: readonly Part[]): Reply {
  return { kind: 'stream', parts };
}

/** A chunk whose first choice has this delta. */
export function delta(value: object): Part {
  return chunk({ choices: [{ index: 0, delta: value, finish_reason: null }] });
}

export function finished(reason: string): Part {
  return chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
}

export function usage(prompt: number, completion: number): Part {
  const counts = { prompt_tokens: prompt, completion_tokens: completion };
  return chunk({ choices: [], usage: { ...counts, total_tokens: prompt + completion } });
}

export function chunk(value: object): Part {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'scripted' };
  return { kind: 'chunk', value: { ...head, ...value } };
}

export function raw(text: string): Part {
  return { kind: 'raw', text };
}

export function done(): Part {
  return raw('data: [DONE]\n\n');
}

export function waitFor(until: Promise<unknown>): Part {
  return { kind: 'wait', until };
}

export function breakOff(): Part {
  return { kind: 'break-off' };
}

/** An answer that is no stream. A string is sent as it is, anything else as JSON. */
export function plain(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const isText = typeof body === 'string';
  return {
    kind: 'plain',
    status,
    headers: { 'content-type': isText ? 'text/html' : 'application/json', ...headers },
    body: isText ? body : JSON.stringify(body),
  };
}

/** An error in OpenAI's shape; by default one that clients do not repeat. */
export function refusal(
  status: number,
  words: string,
  headers: Readonly<Record<string, string>> = { 'x-should-retry': 'false' },
): Reply {
  return plain(status, { error: { message: words, type: 'scripted', code: null } }, headers);
}

export function hangUp(): Reply {
  return { kind: 'hang-up' };
}

/** The script ended before the requests did. */
class UnexpectedRequestError extends Error {
  override readonly name = 'UnexpectedRequestError';
}

/** The requests ended before the script did. */
class UnconsumedStepsError extends Error {
  override readonly name = 'UnconsumedStepsError';
}

export class ScriptedEndpoint implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  /** Connections that were ever opened. */
  connections = 0;
  readonly #steps: Step[];
  readonly #server: Server;
  readonly #arrivals: { readonly count: number; readonly resolve: () => void }[] = [];
  #unexpected = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = [...steps];
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** For `OPENAI_BASE_URL`. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${String(port)}/v1`;
  }

  /** Resolves once `count` requests have come. */
  async arrived(count: number): Promise<void> {
    if (this.requests.length >= count) return;
    await new Promise<void>((resolve) => {
      this.#arrivals.push({ count, resolve });
    });
  }

  /** The input items of request `at`, from 0. */
  input(at: number): readonly ResponsesRequestItem[] {
    return this.requests[at]?.asked.input ?? [];
  }

  /** The messages of request `at`, from 0. */
  messages(at: number): readonly ChatRequestMessage[] {
    return this.requests[at]?.body.messages ?? [];
  }

  /** Throws where script and requests do not match; closing does so, too. */
  verify(): void {
    if (this.#unexpected > 0)
      throw new UnexpectedRequestError(
        `${String(this.#unexpected)} requests came after the script's end`,
      );
    if (this.#steps.length > 0)
      throw new UnconsumedStepsError(`${String(this.#steps.length)} steps were never asked for`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    this.verify();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client may go away in mid-answer; that is its right.
    response.on('error', () => undefined);
    const recorded = await record(request);
    this.requests.push(recorded);
    for (const { count, resolve } of this.#arrivals) if (this.requests.length >= count) resolve();
    const step = this.#steps.shift();
    if (step === undefined) this.#unexpected += 1;
    const none = refusal(500, 'The script has ended.');
    const reply = typeof step === 'function' ? step(recorded) : (step ?? none);
    if (reply.kind === 'hang-up') response.destroy();
    else if (reply.kind === 'plain') {
      response.writeHead(reply.status, { ...reply.headers });
      response.end(reply.body);
    } else await serveStream(reply.parts, response);
  }
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const piece of request) chunks.push(piece as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body: unknown = JSON.parse(text);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    text,
    body: body as ChatRequest,
    asked: body as ResponsesRequest,
  };
}

async function serveStream(parts: readonly Part[], response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const part of parts) {
    if (part.kind === 'wait') await part.until;
    else if (part.kind === 'break-off') {
      // What was written before must arrive before the connection goes.
      await new Promise((resolve) => response.write(': flushed\n', resolve));
      response.destroy();
      return;
    } else if (part.kind === 'raw') response.write(part.text);
    else response.write(`data: ${JSON.stringify(part.value)}\n\n`);
  }
  response.end();
}

/** As a model writes it: a few characters at a time. */
export function inPieces(text: string): string[] {
  return text.match(/[\s\S]{1,7}/gu) ?? [];
}
