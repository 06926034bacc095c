import type { OpenAI } from 'openai';
import type { AttachmentKind } from './attachments.ts';
import { Concessions } from './concessions.ts';
import { delicateParts } from './delicate-parts.ts';
import { Endpoint, type Answer, type EndpointOptions } from './endpoint.ts';
import { readMessage } from './message-reader.ts';
import type { Model, ModelEvent, ModelRequest } from './model.ts';
import { ResponsesReader } from './responses-reader.ts';
import { hasOwnOutput, toWireInput, toWireTools } from './responses-wire.ts';

type WireRequest = OpenAI.Responses.ResponseCreateParamsStreaming;

/**
 * What not every endpoint takes. `reasoning`: being asked for encrypted reasoning, which models that do not reason refuse; `own-output`: items that
 * it gave itself; `item-ids`: their ids, which some want back and some look up in vain, since nothing was stored.
 */
type Concession = 'reasoning' | 'one-call' | 'item-ids' | 'own-output' | 'raw-arguments' | Attached;
type Attached = Exclude<AttachmentKind, 'audio'>;

/**
 * A model behind the Responses API. Nothing is stored at the endpoint: each request carries the whole conversation, with the model's own reasoning,
 * encrypted, in its place.
 */
export class ResponsesModel implements Model {
  readonly name: string;
  readonly #endpoint: Endpoint;
  /** Encrypted reasoning is of use only where it came from. */
  readonly #origin: string;
  readonly #concessions = new Concessions<Concession>({
    reasoning: 'field',
    'one-call': 'field',
    'item-ids': 'content',
    'own-output': 'content',
    'raw-arguments': 'content',
    file: 'content',
    image: 'content',
  });

  /** Throws HostError `config` for an address that is none. Nothing is asked before the first request. */
  constructor(options: EndpointOptions) {
    this.name = options.model;
    this.#endpoint = new Endpoint({ ifNotFound: NO_SUCH_API, ...options });
    this.#origin = `${this.#endpoint.identity.address} ${options.model}`;
  }

  async *respond(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void> {
    await using answer = await this.#ask(request, signal);
    const endpoint = this.#endpoint.identity;
    const reader = new ResponsesReader(endpoint, this.#origin);
    yield* readMessage(answer, reader, { endpoint, signal });
  }

  #ask(request: ModelRequest, signal: AbortSignal): Promise<Answer> {
    const { messages, tools, parallelToolCalls } = request;
    const delicate = delicateParts(messages);
    const wanted = [
      'reasoning' as const,
      ...(tools.length > 0 && !parallelToolCalls ? ['one-call' as const] : []),
      ...(hasOwnOutput(messages, this.#origin) ? (['item-ids', 'own-output'] as const) : []),
      ...(['raw-arguments', ...ATTACHED] as const).filter((part) => delicate.has(part)),
    ];
    return this.#concessions.ask(wanted, (kept) => {
      const body = this.#body(request, kept);
      return this.#endpoint.send(
        (client, link) => client.responses.create(body, { signal: link }).asResponse(),
        signal,
      );
    });
  }

  #body(request: ModelRequest, kept: ReadonlySet<Concession>): WireRequest {
    const tools = toWireTools(request.tools);
    return {
      model: this.name,
      input: toWireInput(request.messages, {
        attach: new Set(ATTACHED.filter((kind) => kept.has(kind))),
        rawArguments: kept.has('raw-arguments'),
        origin: kept.has('own-output') ? this.#origin : undefined,
        itemIds: kept.has('item-ids'),
      }),
      ...(tools.length > 0 ? { tools } : {}),
      ...(kept.has('one-call') ? { parallel_tool_calls: false } : {}),
      ...(kept.has('reasoning') ? { include: ['reasoning.encrypted_content'] } : {}),
      store: false,
      stream: true,
    };
  }
}

const NO_SUCH_API =
  ' An endpoint that has no Responses API is asked with --api chat (model.api: "chat").';

const ATTACHED: readonly Attached[] = ['image', 'file'];
