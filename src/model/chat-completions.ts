import type { OpenAI } from 'openai';
import type { AttachmentKind } from './attachments.ts';
import { ChatReader } from './chat-reader.ts';
import { toWireMessages, toWireTools } from './chat-wire.ts';
import { Concessions } from './concessions.ts';
import { delicateParts } from './delicate-parts.ts';
import { Endpoint, type Answer, type EndpointOptions } from './endpoint.ts';
import { readMessage } from './message-reader.ts';
import type { Model, ModelEvent, ModelRequest } from './model.ts';

type WireRequest = OpenAI.ChatCompletionCreateParamsStreaming;

/** What not every endpoint takes. `extras`: fields of the request that not all know. */
type Concession = 'extras' | 'raw-arguments' | AttachmentKind;

/** A model behind an OpenAI-compatible Chat Completions endpoint. */
export class ChatCompletionsModel implements Model {
  readonly name: string;
  readonly #endpoint: Endpoint;
  readonly #concessions = new Concessions<Concession>({
    extras: 'field',
    'raw-arguments': 'content',
    audio: 'content',
    file: 'content',
    image: 'content',
  });

  /** Throws HostError `config` for an address that is none. Nothing is asked before the first request. */
  constructor(options: EndpointOptions) {
    this.name = options.model;
    this.#endpoint = new Endpoint(options);
  }

  async *respond(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void> {
    await using answer = await this.#ask(request, signal);
    const endpoint = this.#endpoint.identity;
    yield* readMessage(answer, new ChatReader(endpoint), { endpoint, signal });
  }

  #ask(request: ModelRequest, signal: AbortSignal): Promise<Answer> {
    const wanted: Concession[] = ['extras', ...delicateParts(request.messages)];
    return this.#concessions.ask(wanted, (kept) => {
      const body = this.#body(request, kept);
      return this.#endpoint.send(
        (client, link) => client.chat.completions.create(body, { signal: link }).asResponse(),
        signal,
      );
    });
  }

  #body(request: ModelRequest, kept: ReadonlySet<Concession>): WireRequest {
    const tools = toWireTools(request.tools);
    const oneCall = tools.length > 0 && !request.parallelToolCalls;
    const extras = kept.has('extras');
    return {
      model: this.name,
      messages: toWireMessages(request.messages, {
        attach: new Set(ATTACHED.filter((kind) => kept.has(kind))),
        rawArguments: kept.has('raw-arguments'),
      }),
      ...(tools.length > 0 ? { tools } : {}),
      ...(oneCall && extras ? { parallel_tool_calls: false } : {}),
      stream: true,
      ...(extras ? { stream_options: { include_usage: true } } : {}),
    };
  }
}

const ATTACHED: readonly AttachmentKind[] = ['image', 'audio', 'file'];
