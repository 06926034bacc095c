import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { deferred } from '../base/deferred.ts';
import { HostError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import { CallFault } from './call-fault.ts';
import { splitJsonValues } from './json-values.ts';
import { isMeantAsMessage, tryParse } from './line-json.ts';
import { findAnswerId, type MessageId } from './message-id.ts';
import { Overrun } from './overrun.ts';
import { describeEnd, ServerProcess, type StdioEndpoint } from './server-process.ts';
import { StdinQueue, type QueuedLine } from './stdin-queue.ts';
import { LineFraming, type Line } from './stdio-framing.ts';
import type { Notify, Posted, PostedRequest, WireTransport } from './wire-transport.ts';

export interface StdioTransportOptions {
  readonly server: ServerId;
  /** Expanded. */
  readonly endpoint: StdioEndpoint;
  /** What the safe part of the child's environment is taken from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Largest message accepted, in bytes. A larger one fails the one call it answers. */
  readonly maxMessageBytes: number;
  readonly notify: Notify;
}

type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'running'; readonly process: ServerProcess; readonly queue: StdinQueue }
  | Ended;

interface Ended {
  readonly kind: 'ended';
  /** Absent where the start failed or never happened. */
  readonly process: ServerProcess | undefined;
  /** What becomes of everything that was not sent by then. */
  readonly unsent: CallFault;
}

/**
 * MCP over the pipes of a child process. Unlike the SDK's own transport it reads in linear time, survives an oversize message, never leaves a `send`
 * pending, drains stderr, and ends the whole process group.
 */
export class StdioTransport implements WireTransport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onfault: ((id: MessageId, fault: CallFault) => void) | undefined;
  onstream: WireTransport['onstream'];
  readonly ended: Promise<HostError>;

  readonly #options: StdioTransportOptions;
  readonly #framing: LineFraming;
  readonly #ended = deferred<HostError>();
  #state: State = { kind: 'new' };
  #starting: Promise<ServerProcess> | undefined;
  #overrun: Overrun | undefined;
  #junkLines = 0;

  constructor(options: StdioTransportOptions) {
    this.#options = options;
    this.#framing = new LineFraming(options.maxMessageBytes, (line) => {
      this.#receive(line);
    });
    this.ended = this.#ended.promise;
  }

  // The SDK takes a transport that has these two for a child process: a probe without an answer then means a legacy server, on the same process.
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  get stderr(): null {
    return null;
  }

  /** Whether the process has exited by itself or been stopped. */
  get exited(): boolean {
    return this.#process?.exited ?? false;
  }

  /** Lines on stdout that were no message. */
  get junkLines(): number {
    return this.#junkLines;
  }

  /** What the process does, or how it ended, with its last words; for the message of whoever waited in vain. */
  describeProcess(): string {
    const process = this.#process;
    return process === undefined
      ? 'it was not started'
      : process.describe() + '.' + process.stderr.words();
  }

  get #process(): ServerProcess | undefined {
    return this.#state.kind === 'new' ? undefined : this.#state.process;
  }

  /** Starts the process, within this call; `start` waits for it, and tells what went wrong. */
  spawn(): Promise<ServerProcess> {
    const { server, endpoint, env } = this.#options;
    return (this.#starting ??= ServerProcess.start(server, endpoint, env));
  }

  async start(): Promise<void> {
    const process = await this.spawn();
    if (this.#state.kind === 'ended') {
      this.#state = { ...this.#state, process }; // Closed while it was starting.
      await process.stop();
      const name = this.#options.server;
      throw new HostError('closed', `server "${name}" was closed while it started`);
    }
    this.#state = { kind: 'running', process, queue: new StdinQueue(process.stdin) };
    process.stdout.on('data', (chunk: Buffer) => {
      this.#framing.push(chunk);
      this.#watchOverrun();
    });
    void this.#watch(process);
  }

  async #watch(process: ServerProcess): Promise<void> {
    const end = await process.ended;
    this.#framing.end();
    const reason = new HostError(
      'connection-lost',
      `server "${this.#options.server}" went away: ${describeEnd(end)}.${process.stderr.words()}`,
      { details: { ...end } },
    );
    this.#lose(reason);
  }

  #lose(reason: HostError): void {
    if (this.#end(reason)) this.#ended.resolve(reason);
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.#state.kind !== 'running') return Promise.reject(this.#unsent(this.#state));
    return this.#state.queue.send(`${JSON.stringify(message)}\n`);
  }

  post(request: PostedRequest): Posted {
    const line = new PostedLine(this, request);
    if (this.#state.kind === 'running') this.#state.queue.push(line);
    else {
      const fault = this.#unsent(this.#state);
      queueMicrotask(() => {
        line.onunsent(fault);
      });
    }
    return line;
  }

  /** Internal to {@link PostedLine}. Returns whether the line can have reached the server. */
  withdraw(line: PostedLine, reason: string): boolean {
    if (this.#state.kind !== 'running') return true;
    const { queue } = this.#state;
    if (queue.withdraw(line)) return false;
    const params = { requestId: line.id, reason };
    const message = { jsonrpc: '2.0', method: 'notifications/cancelled', params };
    queue.push({ line: `${JSON.stringify(message)}\n`, onunsent: () => undefined });
    return true;
  }

  settled(): void {
    // All requests share the two pipes: there is nothing to let go of.
  }

  #unsent(state: Exclude<State, { kind: 'running' }>): CallFault {
    if (state.kind === 'ended') return state.unsent;
    const text = `server "${this.#options.server}" was not started; nothing was sent`;
    return new CallFault('not-connected', text, { ran: 'no' });
  }

  /** Ends the process and its whole group. Resolves when they are gone; never rejects. */
  async close(): Promise<void> {
    this.#end(
      new HostError('closed', `the connection to server "${this.#options.server}" was closed`),
    );
    try {
      // It may be starting just now: then it has to be ended all the same.
      await (await this.#starting)?.stop();
    } catch {
      // It never started: there is nothing to end, and whoever started it was told.
    }
  }

  /** Returns whether it was running until now. */
  #end(reason: HostError): boolean {
    const state = this.#state;
    if (state.kind === 'ended') return false;
    this.#overrun?.[Symbol.dispose]();
    const message = `${reason.message} The call had not been sent.`;
    const unsent = new CallFault('connection-lost', message, { ran: 'no', cause: reason });
    if (state.kind === 'new') {
      this.#state = { kind: 'ended', process: undefined, unsent };
      return false;
    }
    this.#state = { kind: 'ended', process: state.process, unsent };
    state.queue.end(unsent);
    // What is left of the group, when it ended by itself.
    void state.process.stop();
    // After the rejections above have reached whoever waits: a call that was never sent must not be told that it may have run.
    setImmediate(() => {
      this.onclose?.();
    });
    return true;
  }

  #receive(line: Line): void {
    if (line.kind === 'oversize') this.#skip(line);
    else for (const message of this.#parse(line.text)) this.onmessage?.(message as JSONRPCMessage);
  }

  /** The messages of a line; what is no message is counted and told of once. What is inside a message is the guard's business. */
  #parse(text: string): readonly unknown[] {
    const value = tryParse(text);
    if (isJsonObject(value) && isMeantAsMessage(value)) return [value];
    // A batch, which the protocol allowed for a while.
    if (Array.isArray(value)) return value.filter((part) => isJsonObject(part));
    if (value === undefined) {
      const parts = splitJsonValues(text)?.map(tryParse);
      if (parts?.every((part) => isJsonObject(part)) === true) {
        this.#options.notify(
          'stdout-joined',
          'it wrote several messages on one line; they were read all the same',
        );
        return parts;
      }
    }
    this.#junkLines += 1;
    const what = isJsonObject(value) ? 'JSON that is no JSON-RPC message' : 'what is no message';
    this.#options.notify(
      'stdout-junk',
      `it writes to stdout ${what}, which may hide messages; it was skipped. The first such line: ${visibleLine(text)}`,
    );
    return [];
  }

  #skip(line: Extract<Line, { kind: 'oversize' }>): void {
    this.#overrun?.[Symbol.dispose]();
    this.#overrun = undefined;
    const text = this.#tooLarge(`a message of ${line.bytes} bytes`);
    const id = findAnswerId(line.head, line.tail);
    if (id === undefined) {
      this.#options.notify(
        'message-too-large',
        `${text}. It was skipped, and it could not be told which call it answers: that call will wait in vain.`,
      );
    } else this.onfault?.(id, new CallFault('too-large', text, { ran: 'yes' }));
  }

  #watchOverrun(): void {
    const head = this.#framing.overrunHead;
    if (head === undefined || this.#state.kind === 'ended') return;
    this.#overrun ??= new Overrun({
      bytes: () => this.#framing.pendingBytes,
      onLate: (bytes) => {
        const id = findAnswerId(head, '');
        const text = this.#tooLarge(`${bytes} bytes of a message that goes on`);
        if (id !== undefined) this.onfault?.(id, new CallFault('too-large', text, { ran: 'yes' }));
      },
      onEndless: (bytes) => {
        const text = this.#tooLarge(`${bytes} bytes without the end of a line, and was given up`);
        this.#lose(new HostError('connection-lost', `${text}.`));
      },
    });
  }

  #tooLarge(what: string): string {
    const { server, maxMessageBytes } = this.#options;
    return `server "${server}" sent ${what}; the limit is ${maxMessageBytes} bytes (limits.maxMessageBytes)`;
  }
}

/** A request on its way into the pipe. */
class PostedLine implements QueuedLine, Posted {
  readonly id: number;
  line: string;
  waits = false;
  readonly #transport: StdioTransport;

  constructor(transport: StdioTransport, { id, text }: PostedRequest) {
    this.id = id;
    this.line = `${text}\n`;
    this.#transport = transport;
  }

  onunsent(fault: CallFault): void {
    this.#transport.onfault?.(this.id, fault);
  }

  withdraw(reason: string): boolean {
    return this.#transport.withdraw(this, reason);
  }
}
