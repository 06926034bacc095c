import { untilAborted } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import type { RunBatch } from '../call/batch-item.ts';
import type { BatchReport, ToolCall } from '../call/call.ts';
import type { MessageOutput } from '../model/message.ts';
import type { FinishReason, Model, ModelEvent, ModelRequest, Usage } from '../model/model.ts';
import { ItemQueue } from './item-queue.ts';

/** How the model's message ended. */
type MessageEnd =
  | { readonly kind: 'finished'; readonly reason: FinishReason }
  | { readonly kind: 'failed'; readonly error: HostError }
  | { readonly kind: 'interrupted' };

/** One message of the model, with its batch. */
export interface Turn {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** `undefined` without calls, and when the executor itself failed. */
  readonly report: BatchReport | undefined;
  readonly usage: Usage | undefined;
  /** The message as its API wants it back; of a whole message only. */
  readonly output: MessageOutput | undefined;
  readonly end: MessageEnd;
  /** What the executor rejected with: never a call's fault. */
  readonly executorError: unknown;
}

export interface TurnPorts {
  readonly model: Model;
  readonly runBatch: RunBatch;
  readonly oneByOne: boolean;
  readonly signal: AbortSignal;
  /** Whether an earlier message of the conversation has a call of this id. */
  readonly hasCall: (id: string) => boolean;
  readonly onText: (text: string) => void;
}

/**
 * Asks the model and runs its calls while they come: a call is on its way to its server while the next one is still being written. Never rejects; settles
 * once the message has ended and every call of it has its outcome.
 */
export async function runTurn(request: ModelRequest, ports: TurnPorts): Promise<Turn> {
  const message = new IncomingMessage(ports);
  const end = await message.read(request);
  return message.settle(end);
}

class IncomingMessage {
  readonly #ports: TurnPorts;
  readonly #calls: ToolCall[] = [];
  #text = '';
  #usage: Usage | undefined;
  #output: MessageOutput | undefined;
  #batch: { readonly items: ItemQueue; readonly done: Promise<BatchResult> } | undefined;

  constructor(ports: TurnPorts) {
    this.#ports = ports;
  }

  async read(request: ModelRequest): Promise<MessageEnd> {
    const { model, signal } = this.#ports;
    let events: AsyncIterator<ModelEvent> | undefined;
    try {
      events = model.respond(request, signal)[Symbol.asyncIterator]();
      for (;;) {
        // The model gets the signal, too; this is for one that does not look at it.
        const next = await untilAborted(events.next(), signal);
        if (next.done === true)
          throw new HostError(
            'model',
            `The model ${model.name} ended its message without a reason.`,
          );
        if (next.value.kind === 'finish') return { kind: 'finished', reason: next.value.reason };
        this.#take(next.value);
      }
    } catch (reason) {
      if (signal.aborted) return { kind: 'interrupted' };
      return { kind: 'failed', error: HostError.from(reason, 'model') };
    } finally {
      // Whatever a model says while it is being left is of no interest; not awaited, since one that hangs would hang here, too.
      events?.return?.().catch(() => undefined);
    }
  }

  async settle(end: MessageEnd): Promise<Turn> {
    const complete =
      end.kind === 'finished' && (end.reason === 'stop' || end.reason === 'tool-calls');
    this.#batch?.items.push({ kind: 'end', complete }); // B8
    const result = await this.#batch?.done;
    return {
      text: this.#text,
      calls: this.#calls,
      usage: this.#usage,
      output: complete ? this.#output : undefined,
      end,
      report: result?.kind === 'report' ? result.report : undefined,
      executorError: result?.kind === 'failed' ? result.reason : undefined,
    };
  }

  #take(event: Exclude<ModelEvent, { kind: 'finish' }>): void {
    switch (event.kind) {
      case 'text-delta':
        this.#text += event.text;
        this.#ports.onText(event.text);
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'output':
        this.#output = event.output;
        break;
      case 'tool-call': {
        const { call } = event;
        this.#calls.push(call);
        this.#begin().push({ kind: 'call', call });
        break;
      }
      case 'tool-call-revise': {
        const { index, call } = event;
        if (this.#calls[index] === undefined)
          throw new HostError(
            'model',
            `The model ${this.#ports.model.name} revised a call that it has not made.`,
          );
        this.#calls[index] = call;
        this.#begin().push({ kind: 'revise', index, call });
        break;
      }
    }
  }

  /** The batch begins with its first call: a message without calls is no batch. */
  #begin(): ItemQueue {
    if (this.#batch !== undefined) return this.#batch.items;
    const { runBatch, signal, oneByOne, hasCall } = this.#ports;
    const items = new ItemQueue();
    // Some providers count ids anew in every message.
    const options = { signal, oneByOne, isTaken: hasCall };
    this.#batch = { items, done: contain(() => runBatch(items, options)) };
    return items;
  }
}

type BatchResult =
  | { readonly kind: 'report'; readonly report: BatchReport }
  | { readonly kind: 'failed'; readonly reason: unknown };

/** The executor never rejects for a call. What it does reject with must wait until the message has been read. */
async function contain(run: () => Promise<BatchReport>): Promise<BatchResult> {
  try {
    return { kind: 'report', report: await run() };
  } catch (reason) {
    return { kind: 'failed', reason };
  }
}
