import { isJsonObject, type JsonObject } from '../base/json.ts';
import type { SampleMessage } from '../call/asks.ts';
import { isLoopback } from '../config/endpoint-fault.ts';
import { readForm, type FormField } from '../call/form.ts';

/** The methods by which a server asks its client for something; the same in both eras. */
export const ASK_METHODS: ReadonlySet<unknown> = new Set([
  'elicitation/create',
  'sampling/createMessage',
  'roots/list',
]);

/** What a server asks for, read; its texts are its own. */
export type ServerAsk =
  | { readonly kind: 'form'; readonly message: string; readonly fields: readonly FormField[] }
  | { readonly kind: 'url'; readonly message: string; readonly url: URL }
  | {
      readonly kind: 'sampling';
      readonly systemPrompt: string | undefined;
      readonly messages: readonly SampleMessage[];
      readonly maxTokens: number;
      readonly stopSequences: readonly string[];
    }
  | { readonly kind: 'roots' };

/** `reason`: what is wrong with the server's request, as the end of a sentence. */
export type AskReading =
  | { readonly kind: 'ok'; readonly ask: ServerAsk }
  | { readonly kind: 'wrong'; readonly reason: string };

const MAX_MESSAGE_CHARS = 10_000;
const MAX_URL_CHARS = 8_000;
const MAX_SAMPLE_MESSAGES = 1_000;
const MAX_SAMPLE_CHARS = 1_000_000;
const MAX_STOP_SEQUENCES = 16;

/** Reads one request of a server. Never throws. */
export function readAsk(method: unknown, params: unknown): AskReading {
  const fields = isJsonObject(params) ? params : {};
  switch (method) {
    case 'elicitation/create':
      return readElicitation(fields);
    case 'sampling/createMessage':
      return readSampling(fields);
    case 'roots/list':
      return { kind: 'ok', ask: { kind: 'roots' } };
    default:
      return wrong('it asks for something that is neither elicitation, sampling nor roots');
  }
}

function readElicitation({ mode, message, url, requestedSchema }: JsonObject): AskReading {
  if (typeof message !== 'string' || message.length > MAX_MESSAGE_CHARS) {
    return wrong(
      `its question has no message, or one of more than ${MAX_MESSAGE_CHARS} characters`,
    );
  }
  if (mode === 'url') {
    const address = safeAddress(url);
    if (typeof address === 'string') return wrong(address);
    return { kind: 'ok', ask: { kind: 'url', message, url: address } };
  }
  if (mode !== undefined && mode !== 'form') return wrong('its question is of an unknown mode');
  const form = readForm(requestedSchema);
  if (form.kind === 'unusable') return wrong(`its form cannot be used: ${form.reason}`);
  return { kind: 'ok', ask: { kind: 'form', message, fields: form.fields } };
}

/**
 * An address that a person may be sent to: nothing but a web page, and none that can be read or changed on its way. Credentials in it would be there to make
 * another host look like the one that is named. Source: MCP specification, client/elicitation, safe URL handling.
 */
function safeAddress(text: unknown): URL | string {
  if (typeof text !== 'string' || text.length > MAX_URL_CHARS || !URL.canParse(text)) {
    return 'it names no usable address to visit';
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return 'the address that it wants visited holds credentials';
  }
  const isSafe =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  return isSafe ? url : 'the address that it wants visited is neither https nor on this machine';
}

function readSampling(params: JsonObject): AskReading {
  const { messages, systemPrompt, maxTokens, stopSequences, tools, toolChoice } = params;
  if (tools !== undefined || toolChoice !== undefined) {
    return wrong('it wants the model to use tools, which is not offered');
  }
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > MAX_SAMPLE_MESSAGES) {
    return wrong(`it sent no messages for the model, or more than ${MAX_SAMPLE_MESSAGES}`);
  }
  const read = messages.map(readMessage);
  if (!read.every((message) => message !== undefined)) {
    return wrong('it wants the model to read something that is no text');
  }
  const system = typeof systemPrompt === 'string' ? systemPrompt : undefined;
  const chars = read.reduce((sum, { text }) => sum + text.length, system?.length ?? 0);
  if (chars > MAX_SAMPLE_CHARS) {
    return wrong(`it sent more than ${MAX_SAMPLE_CHARS} characters for the model`);
  }
  const isPlausible = typeof maxTokens === 'number' && maxTokens >= 1;
  return {
    kind: 'ok',
    ask: {
      kind: 'sampling',
      systemPrompt: system,
      messages: read,
      maxTokens: isPlausible ? Math.floor(maxTokens) : Infinity,
      stopSequences: readStops(stopSequences),
    },
  };
}

function readMessage(message: unknown): SampleMessage | undefined {
  if (!isJsonObject(message)) return undefined;
  const { role, content } = message;
  if (role !== 'user' && role !== 'assistant') return undefined;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [content];
  const texts = blocks.map((block) =>
    isJsonObject(block) && block['type'] === 'text' ? block['text'] : undefined,
  );
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  return { role, text: texts.join('\n') };
}

function readStops(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((part) => typeof part === 'string' && part !== '')
    .slice(0, MAX_STOP_SEQUENCES);
}

function wrong(reason: string): AskReading {
  return { kind: 'wrong', reason };
}
