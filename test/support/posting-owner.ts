import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { deferred, type Deferred } from '../../src/base/deferred.ts';
import { isJsonObject } from '../../src/base/json.ts';
import { serverId } from '../../src/call/names.ts';
import { CallFault } from '../../src/connect/call-fault.ts';
import { HttpTransport, type HttpTransportOptions } from '../../src/connect/http-transport.ts';
import type { Posted, WireTransport } from '../../src/connect/wire-transport.ts';

/** How a call ended: by its answer or a fault. */
export type Ending = { readonly answer: unknown } | { readonly fault: CallFault };

export interface PostedTry {
  readonly id: number;
  readonly posted: Posted;
  readonly ending: Promise<Ending>;
  /** Everything that was told as of this call, its answer included. */
  readonly heard: readonly unknown[];
  /** Also after its end. */
  readonly faults: readonly CallFault[];
}

export interface PostingOwnerOptions extends Partial<HttpTransportOptions> {
  /** Default 2025-11-25. */
  readonly version?: string;
}

const FIRST_ID = 1_000_000_000;

/** What stands over an HTTP transport, as plain as can be: posts calls, and keeps what comes of them. */
export class PostingOwner implements AsyncDisposable {
  readonly transport: HttpTransport;
  /** Answers and faults that are of no call of ours, or come too late. */
  readonly strays: unknown[] = [];
  isClosed = false;
  readonly #calls = new Map<
    number,
    { heard: unknown[]; faults: CallFault[]; end: Deferred<Ending> }
  >();
  readonly #sent = new Map<unknown, Deferred<Ending>>();
  #lastId = FIRST_ID;
  #lastSdkId = 0;

  private constructor(transport: HttpTransport) {
    this.transport = transport;
    const owner: Partial<WireTransport> = {
      onposted: (message, id) => {
        this.#hear(message, id);
      },
      onmessage: (message) => {
        if (!('id' in message) || 'method' in message) return;
        transport.settled(message.id ?? '');
        this.#sent.get(message.id)?.resolve({ answer: message });
      },
      onfault: (id, fault) => {
        const call = this.#calls.get(Number(id));
        call?.faults.push(fault);
        (call?.end ?? this.#sent.get(id))?.resolve({ fault });
      },
      onclose: () => {
        this.isClosed = true;
      },
    };
    Object.assign(transport, owner);
  }

  /** Starts, and has the server name a session, if it has one. */
  static async open(url: string, options: PostingOwnerOptions = {}): Promise<PostingOwner> {
    const { version = '2025-11-25', ...settings } = options;
    const transport = new HttpTransport({
      server: serverId('raw'),
      url: new URL(url),
      headers: {},
      maxMessageBytes: 200_000,
      authorization: undefined,
      ...settings,
    });
    const owner = new PostingOwner(transport);
    await transport.start();
    transport.setProtocolVersion(version);
    if (version < '2026') {
      const params = {
        protocolVersion: version,
        capabilities: {},
        clientInfo: { name: 'test', version: '1' },
      };
      await transport.send({ jsonrpc: '2.0', id: 'hello', method: 'initialize', params });
    }
    return owner;
  }

  post(tool: string, args: object = {}): PostedTry {
    this.#lastId += 1;
    const id = this.#lastId;
    const end = deferred<Ending>();
    const call = { heard: [], faults: [], end };
    this.#calls.set(id, call);
    const text = JSON.stringify(request(id, tool, args));
    const posted = this.transport.post({ id, tool, text });
    return { id, posted, ending: end.promise, heard: call.heard, faults: call.faults };
  }

  async call(tool: string, args: object = {}): Promise<Ending> {
    return await this.post(tool, args).ending;
  }

  /** The same over the SDK's own way. */
  async send(tool: string, args: object = {}): Promise<Ending> {
    this.#lastSdkId += 1;
    const id = this.#lastSdkId;
    const end = deferred<Ending>();
    this.#sent.set(id, end);
    try {
      await this.transport.send(request(id, tool, args) as unknown as JSONRPCMessage);
    } catch (reason) {
      if (!(reason instanceof CallFault)) throw reason;
      return { fault: reason };
    }
    return await end.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport.close();
  }

  #hear(message: unknown, id: number): void {
    const call = this.#calls.get(id);
    call?.heard.push(message);
    if (!isJsonObject(message) || 'method' in message) return;
    const own = message['id'] === id ? call : undefined;
    if (own === undefined) {
      this.strays.push(message);
      return;
    }
    this.transport.settled(id);
    own.end.resolve({ answer: message });
  }
}

function request(id: number, name: string, args: object): object {
  const params = { name, arguments: args };
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
}

/** The text of an answer; fails for a fault. */
export function answerText(ending: Ending): unknown {
  if ('fault' in ending) throw ending.fault;
  const { result } = ending.answer as { result: { content: { text: string }[] } };
  return result.content[0]?.text;
}

/** The fault that a call ended by; fails for an answer. */
export function faultOf(ending: Ending): CallFault {
  if ('fault' in ending) return ending.fault;
  throw new Error(`no fault: ${JSON.stringify(ending.answer)}`);
}
