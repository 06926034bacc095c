import {
  callParts,
  delta,
  document,
  done,
  finished,
  message,
  stream,
  usage,
  type Part,
  type RecordedRequest,
  type Reply,
  type ScriptedCall,
} from '../../support/scripted-endpoint.ts';
import {
  argumentsDelta,
  argumentsDone,
  callItem,
  created,
  ended,
  event,
  functionCallDone,
  functionCallParts,
  response,
  responseDocument,
} from '../../support/scripted-responses.ts';

interface Said {
  readonly text?: string;
  readonly calls?: readonly ScriptedCall[];
  /** The message is cut off. */
  readonly cut?: boolean;
}

/** The last turn of a request: the calls as the model is shown them, and what it is told of each. */
export interface FollowUp {
  readonly calls: readonly {
    readonly id: string;
    readonly name: string;
    readonly arguments: string;
  }[];
  readonly results: readonly { readonly id: string; readonly text: string }[];
}

/** An API, and one way of answering through it. */
export interface Variant {
  readonly api: 'chat' | 'responses';
  readonly name: string;
  message(said: Said): Reply;
  /** The same calls as badly as providers stream them: all at index 0, and in turns. */
  allAtIndexZero(calls: readonly ScriptedCall[]): Reply;
  interleaved(calls: readonly ScriptedCall[]): Reply;
  followUp(request: RecordedRequest | undefined): FollowUp;
  toolNames(request: RecordedRequest | undefined): readonly string[];
}

/** One that streams: messages can be written piece by piece. */
export interface StreamingVariant extends Variant {
  call(call: ScriptedCall, index: number): readonly Part[];
  /** The call at `index` reads differently after all. */
  revision(call: ScriptedCall, index: number): readonly Part[];
  /** The end of a message. `calls`: all of it, for an API that repeats them. */
  end(said: Said): readonly Part[];
}

const chatReading = {
  api: 'chat' as const,
  followUp: (request: RecordedRequest | undefined): FollowUp => {
    const messages = request?.body.messages ?? [];
    const said = messages.findLast(({ role }) => role === 'assistant');
    const at = said === undefined ? messages.length : messages.indexOf(said);
    return {
      calls: (said?.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function })),
      results: messages
        .slice(at)
        .filter(({ role }) => role === 'tool')
        .map(({ tool_call_id: id = '', content }) => ({ id, text: content ?? '' })),
    };
  },
  toolNames: (request: RecordedRequest | undefined) =>
    (request?.body.tools ?? []).map((tool) => tool.function.name),
};

const responsesReading = {
  api: 'responses' as const,
  followUp: (request: RecordedRequest | undefined): FollowUp => {
    const input = request?.asked.input ?? [];
    const isOutput = (item: { readonly type?: string }): boolean =>
      item.type === 'function_call_output';
    const results = input.slice(input.findLastIndex((item) => !isOutput(item)) + 1);
    const before = input.slice(0, input.length - results.length);
    const isCall = ({ type }: { readonly type?: string }): boolean => type === 'function_call';
    const calls = before.slice(before.findLastIndex((item) => !isCall(item)) + 1);
    return {
      calls: calls.map(({ call_id: id = '', name = '', arguments: text = '' }) => ({
        id,
        name,
        arguments: text,
      })),
      results: results.map(({ call_id: id = '', output = '' }) => ({
        id,
        text: typeof output === 'string' ? output : (output[0]?.text ?? ''),
      })),
    };
  },
  toolNames: (request: RecordedRequest | undefined) =>
    (request?.asked.tools ?? []).map(({ name }) => name),
};

const finishOf = (said: Said): object => (said.cut === true ? { finish: 'length' } : {});
const incompleteOf = (said: Said): object =>
  said.cut === true ? { incomplete: 'max_output_tokens' } : {};

/** The pieces of each call in turn: one of the first, one of the second, another one of the first … */
function inTurns(lists: readonly (readonly Part[])[]): Part[] {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) =>
    lists.flatMap((list) => list.slice(at, at + 1)),
  ).flat();
}

const CHAT_STREAMING: StreamingVariant = {
  ...chatReading,
  name: 'Chat Completions, streaming',
  message: (said) => message({ ...said, ...finishOf(said) }),
  allAtIndexZero: (calls) =>
    stream([
      ...calls.flatMap((call, at) => callParts({ id: `call_${String(at + 1)}`, ...call }, 0)),
      finished('tool_calls'),
      done(),
    ]),
  interleaved: (calls) =>
    stream([...inTurns(calls.map(callParts)), finished('tool_calls'), done()]),
  call: callParts,
  revision: (call, index) => {
    const [, ...pieces] = callParts(call, index);
    return pieces;
  },
  end: (said) => [
    ...(said.text === undefined ? [] : [delta({ content: said.text })]),
    finished(said.cut === true ? 'length' : 'tool_calls'),
    usage(11, 7),
    done(),
  ],
};

const CHAT_AT_ONCE: Variant = {
  ...chatReading,
  name: 'Chat Completions, not streaming',
  message: (said) => document({ ...said, ...finishOf(said) }),
  allAtIndexZero: (calls) => document({ calls }),
  interleaved: (calls) => document({ calls }),
};

export const RESPONSES_STREAMING: StreamingVariant = {
  ...responsesReading,
  name: 'Responses, streaming',
  message: (said) => response({ ...said, ...incompleteOf(said) }),
  allAtIndexZero: (calls) =>
    stream([
      created(),
      ...calls.flatMap((call, at) => {
        const item = callItem(call, at);
        const [id, text] = [String(item['id']), String(item['arguments'])];
        return [
          event('response.output_item.added', {
            output_index: 0,
            item: { ...item, arguments: '' },
          }),
          argumentsDelta(text, 0, id),
          argumentsDone(text, 0, id),
          event('response.output_item.done', { output_index: 0, item }),
        ];
      }),
      ended({ calls }),
    ]),
  interleaved: (calls) =>
    stream([created(), ...inTurns(calls.map(functionCallParts)), ended({ calls })]),
  call: functionCallParts,
  revision: (call, index) => [functionCallDone(call, index)],
  end: (said) => [ended({ ...said, ...incompleteOf(said) })],
};

const RESPONSES_AT_ONCE: Variant = {
  ...responsesReading,
  name: 'Responses, not streaming',
  message: (said) => responseDocument({ ...said, ...incompleteOf(said) }),
  allAtIndexZero: (calls) => responseDocument({ calls }),
  interleaved: (calls) => responseDocument({ calls }),
};

export const STREAMING: readonly StreamingVariant[] = [CHAT_STREAMING, RESPONSES_STREAMING];

export const VARIANTS: readonly Variant[] = [
  CHAT_STREAMING,
  CHAT_AT_ONCE,
  RESPONSES_STREAMING,
  RESPONSES_AT_ONCE,
];
