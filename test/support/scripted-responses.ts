import {
  argumentText,
  inPieces,
  plain,
  stream,
  type Part,
  type Reply,
  type ScriptedCall,
} from './scripted-endpoint.ts';

/** What a scripted response says. `reasoning`: the encrypted content of an item before all others. */
export interface ResponseContent {
  readonly text?: string;
  readonly calls?: readonly ScriptedCall[];
  readonly reasoning?: string;
  /** Default `completed`; any other word is why it is incomplete. */
  readonly incomplete?: string;
}

/** A well-formed response, streamed in small pieces the way OpenAI does. */
export function response(content: ResponseContent): Reply {
  return stream([created(), ...itemsOf(content).flatMap(itemParts), ended(content)]);
}

/** The same response in one document, as endpoints answer that do not stream. */
export function responseDocument(content: ResponseContent): Reply {
  return plain(200, wholeResponse(content));
}

/** One event; events of this API say their kind twice. */
export function event(type: string, facts: object): Part {
  return {
    kind: 'raw',
    text: `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...facts })}\n\n`,
  };
}

export function created(): Part {
  return event('response.created', {
    response: { id: 'resp_1', object: 'response', status: 'in_progress', output: [], error: null },
  });
}

/** The end of a response, with the whole of it. */
export function ended(content: ResponseContent): Part {
  const type = content.incomplete === undefined ? 'response.completed' : 'response.incomplete';
  return event(type, { response: wholeResponse(content) });
}

/** All events of one call: its name, its arguments bit by bit, their end, its end. */
export function functionCallParts(call: ScriptedCall, index: number): Part[] {
  return itemParts(callItem(call, index), index);
}

export function functionCallAdded(call: ScriptedCall, index: number): Part {
  const item = { ...callItem(call, index), status: 'in_progress', arguments: '' };
  return event('response.output_item.added', { output_index: index, item });
}

export function argumentsDelta(delta: string, index: number, id = `fc_${String(index)}`): Part {
  const facts = { item_id: id, output_index: index, delta };
  return event('response.function_call_arguments.delta', facts);
}

export function argumentsDone(text: string, index: number, id = `fc_${String(index)}`): Part {
  const facts = { item_id: id, output_index: index, arguments: text };
  return event('response.function_call_arguments.done', facts);
}

export function functionCallDone(call: ScriptedCall, index: number): Part {
  const facts = { output_index: index, item: callItem(call, index) };
  return event('response.output_item.done', facts);
}

/** A finished function call item. */
export function callItem(call: ScriptedCall, index: number): Item {
  return {
    id: `fc_${String(index)}`,
    type: 'function_call',
    status: 'completed',
    arguments: argumentText(call),
    call_id: call.id ?? `call_${String(index + 1)}`,
    name: call.name,
  };
}

type Item = Readonly<Record<string, unknown>>;

function wholeResponse(content: ResponseContent): object {
  const { incomplete } = content;
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: incomplete === undefined ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: incomplete === undefined ? null : { reason: incomplete },
    model: 'scripted',
    output: itemsOf(content),
    usage: {
      input_tokens: 11,
      input_tokens_details: { cached_tokens: 2, cache_write_tokens: 0 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 18,
    },
  };
}

/** The items of a response in their order: reasoning, text, calls. */
function itemsOf({ text = '', calls = [], reasoning }: ResponseContent): Item[] {
  const thought: Item = {
    id: 'rs_1',
    type: 'reasoning',
    summary: [],
    encrypted_content: reasoning,
  };
  const said: Item = {
    id: 'msg_1',
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  };
  return [
    ...(reasoning === undefined ? [] : [thought]),
    ...(text === '' ? [] : [said]),
    ...calls.map((call, index) => callItem(call, index)),
  ];
}

function itemParts(item: Item, index: number): Part[] {
  const at = { output_index: index };
  const done = event('response.output_item.done', { ...at, item });
  if (item['type'] === 'function_call') {
    const text = String(item['arguments']);
    const id = String(item['id']);
    const begun = { ...item, status: 'in_progress', arguments: '' };
    return [
      event('response.output_item.added', { ...at, item: begun }),
      ...inPieces(text).map((piece) => argumentsDelta(piece, index, id)),
      argumentsDone(text, index, id),
      done,
    ];
  }
  if (item['type'] !== 'message')
    return [event('response.output_item.added', { ...at, item }), done];
  const [part] = item['content'] as readonly { readonly text: string }[];
  const text = part?.text ?? '';
  const place = { ...at, item_id: item['id'], content_index: 0 };
  const empty = { ...part, text: '' };
  return [
    event('response.output_item.added', { ...at, item: { ...item, content: [] } }),
    event('response.content_part.added', { ...place, part: empty }),
    ...inPieces(text).map((piece) =>
      event('response.output_text.delta', { ...place, delta: piece, logprobs: [] }),
    ),
    event('response.output_text.done', { ...place, text, logprobs: [] }),
    event('response.content_part.done', { ...place, part }),
    done,
  ];
}
