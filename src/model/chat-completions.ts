import type { OpenAI } from 'openai';
import { abortReason } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import { ChatReader } from './chat-reader.ts';
import { toWireMessages, toWireTools } from './chat-wire.ts';
import { Endpoint, type Answer, type EndpointOptions } from './endpoint.ts';
import { unusable } from './endpoint-error.ts';
import { readBody, type BodyItem } from './event-stream.ts';
import type { Model, ModelEvent, ModelRequest } from './model.ts';

type WireRequest = OpenAI.ChatCompletionCreateParamsStreaming;

/** A model behind an OpenAI-compatible Chat Completions endpoint. */
export class ChatCompletionsModel implements Model {
  readonly name: string;
  readonly #endpoint: Endpoint;
  /** Whether the endpoint takes fields that not all know; found out by the first request. */
  #extras: 'untried' | 'taken' | 'refused' = 'untried';

  /** Throws HostError `config` for an address that is none. Nothing is asked before the first request. */
  constructor(options: EndpointOptions) {
    this.name = options.model;
    this.#endpoint = new Endpoint(options);
  }

  async *respond(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void> {
    await using answer = await this.#ask(request, signal);
    const reader = new ChatReader(this.#endpoint.identity);
    let ended = false;
    try {
      if (answer.body !== null) {
        for await (const item of readBody(answer.body)) {
          ended = item.kind === 'done' || item.kind === 'document';
          yield* this.#read(item, reader);
        }
      }
    } catch (reason) {
      if (signal.aborted) throw abortReason(signal);
      if (reason instanceof HostError) throw reason;
      if (!reader.isFinished) throw this.#brokenOff(reason);
    }
    if (signal.aborted) throw abortReason(signal);
    const end = reader.end(ended);
    answer.finish();
    yield* end;
  }

  *#read(item: BodyItem, reader: ChatReader): Generator<ModelEvent, void> {
    switch (item.kind) {
      case 'message':
        yield* reader.read(item.value);
        return;
      case 'malformed':
        throw unusable(this.#endpoint.identity, 'sent a piece of its message that is no JSON', {
          excerptOf: item.text,
        });
      case 'document':
        yield* reader.read(this.#parseDocument(item.text));
        return;
      case 'done':
        return;
    }
  }

  /** Some endpoints answer a request for a stream with the whole completion at once. */
  #parseDocument(text: string): unknown {
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch (cause) {
      const what = text.trimStart().startsWith('<') ? 'a web page' : 'something that is no JSON';
      throw this.#noCompletion(what, text, cause);
    }
    if (isJsonObject(document) && ('choices' in document || 'error' in document)) return document;
    throw this.#noCompletion('other JSON', text);
  }

  #noCompletion(what: string, text: string, cause?: unknown): HostError {
    return unusable(
      this.#endpoint.identity,
      `answered with ${what} instead of a completion; check the address, it usually ends in /v1`,
      { excerptOf: text, cause },
    );
  }

  /**
   * Asks with all fields. An endpoint that refuses its first request is asked once more without those that not all endpoints know: which of them it minds
   * is in its words only, and those are not decided on. No call has come of a refused request, so nothing runs twice.
   */
  async #ask(request: ModelRequest, signal: AbortSignal): Promise<Answer> {
    const ask = (extras: boolean): Promise<Answer> => {
      const body = this.#body(request, extras);
      return this.#endpoint.send(
        (client, link) => client.chat.completions.create(body, { signal: link }).asResponse(),
        signal,
      );
    };
    if (this.#extras === 'refused') return ask(false);
    try {
      const answer = await ask(true);
      this.#extras = 'taken';
      return answer;
    } catch (reason) {
      if (this.#extras === 'taken' || !refusesRequest(reason)) throw reason;
      const answer = await ask(false);
      this.#extras = 'refused';
      return answer;
    }
  }

  #body(request: ModelRequest, extras: boolean): WireRequest {
    const tools = toWireTools(request.tools);
    const oneCall = tools.length > 0 && !request.parallelToolCalls;
    return {
      model: this.name,
      messages: toWireMessages(request.messages),
      ...(tools.length > 0 ? { tools } : {}),
      ...(oneCall && extras ? { parallel_tool_calls: false } : {}),
      stream: true,
      ...(extras ? { stream_options: { include_usage: true } } : {}),
    };
  }

  #brokenOff(cause: unknown): HostError {
    return unusable(
      this.#endpoint.identity,
      'broke off in the middle of its message; of its calls none that changes anything was run. Try again',
      { cause },
    );
  }
}

function refusesRequest(reason: unknown): boolean {
  if (!(reason instanceof HostError) || reason.code !== 'model') return false;
  return reason.details['status'] === 400 || reason.details['status'] === 422;
}
