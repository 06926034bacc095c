import type { OpenAI } from 'openai';
import type { JsonObject } from '../base/json.ts';
import type { Tool } from '../call/tool.ts';
import { dataUrl, type Attachment } from './attachments.ts';
import { outcomeContent } from './content.ts';
import type { Message, MessageCall, MessageOutput, ToolResult } from './message.ts';
import { acceptableName, parsableArguments, toWireFunction, type Spelling } from './tool-wire.ts';

type WireItem = OpenAI.Responses.ResponseInputItem;
type WireCall = OpenAI.Responses.ResponseFunctionToolCall;
type WirePart = OpenAI.Responses.ResponseFunctionCallOutputItem;
type AssistantMessage = Extract<Message, { kind: 'assistant' }>;

interface ResponsesSpelling extends Spelling {
  /** Messages of this origin go back as they came; `undefined`: none does. */
  readonly origin: string | undefined;
  /** Whether their items go with their ids. */
  readonly itemIds: boolean;
}

/**
 * The conversation as the Responses API has it: the whole of it every time, since nothing is stored at the endpoint. The follow-up is one
 * `function_call_output` for each call, in call order. The same messages give the same bytes: endpoints cache by prefix.
 */
export function toWireInput(messages: readonly Message[], spelling: ResponsesSpelling): WireItem[] {
  return messages.flatMap((message) => toWire(message, spelling));
}

/** The tools in the order given, under their exposed names. Not strict: their schemas are their servers', and rarely fit the strict subset. */
export function toWireTools(tools: readonly Tool[]): OpenAI.Responses.FunctionTool[] {
  return tools.map((tool) => ({ type: 'function', ...toWireFunction(tool), strict: false }));
}

/** Whether any message holds what would go back as it came. */
export function hasOwnOutput(messages: readonly Message[], origin: string): boolean {
  return messages.some(
    (message) => message.kind === 'assistant' && message.output?.origin === origin,
  );
}

function toWire(message: Message, spelling: ResponsesSpelling): WireItem[] {
  switch (message.kind) {
    case 'system':
      return [{ role: 'system', content: message.text }];
    case 'user':
      return [{ role: 'user', content: message.text }];
    case 'assistant':
      return toWireAssistant(message, spelling);
    case 'tool-results':
      return message.results.map((result) => toWireResult(result, spelling));
  }
}

function toWireAssistant(message: AssistantMessage, spelling: ResponsesSpelling): WireItem[] {
  const { text, calls, output } = message;
  const said: WireItem[] = text === '' ? [] : [{ role: 'assistant', content: text }];
  if (output === undefined || output.origin !== spelling.origin)
    return [...said, ...calls.map((call) => toWireCall(call, spelling))];
  const items = asItCame(output, calls, spelling);
  // Some endpoints stream a text and list no item that has it.
  return output.items.some(({ item }) => item['type'] === 'message') ? items : [...said, ...items];
}

/**
 * The items of a message in their places; of its calls, those that carry another id or name in the conversation carry it here, too. Reasoning that is kept
 * only at an endpoint that was told to keep nothing cannot be referred to: it is left out, and with it the ids by which the other items
 * would ask for it.
 */
function asItCame(
  { items }: MessageOutput,
  calls: readonly MessageCall[],
  spelling: ResponsesSpelling,
): WireItem[] {
  const named = spelling.itemIds && items.every(({ item }) => !isReference(item));
  const placed = new Set<number>();
  const wire = items.flatMap(({ item, call: place }): WireItem[] => {
    if (isReference(item)) return [];
    const { id: _, ...anonymous } = item;
    // The API gave it, and takes back what it gave.
    const own = (named ? item : anonymous) as unknown as WireItem;
    if (place === undefined) return [own];
    const call = calls[place];
    if (call === undefined) return [];
    placed.add(place);
    return [{ ...(own as WireCall), ...toWireCall(call, spelling) }];
  });
  const rest = calls.filter((_, place) => !placed.has(place));
  return [...wire, ...rest.map((call) => toWireCall(call, spelling))];
}

/** Reasoning without its content, encrypted or open. */
function isReference(item: JsonObject): boolean {
  if (item['type'] !== 'reasoning') return false;
  const { encrypted_content: encrypted, content } = item;
  const hasEncrypted = typeof encrypted === 'string' && encrypted !== '';
  return !hasEncrypted && !(Array.isArray(content) && content.length > 0);
}

function toWireCall(call: MessageCall, { rawArguments }: Spelling): WireCall {
  return {
    type: 'function_call',
    call_id: call.id,
    name: acceptableName(call.name),
    arguments: rawArguments ? call.arguments : parsableArguments(call.arguments),
  };
}

function toWireResult(result: ToolResult, { attach }: Spelling): WireItem {
  const { text, attachments } = outcomeContent(result.outcome, result.name, attach);
  const parts = attachments.flatMap((attachment, index): WirePart[] => [
    { type: 'input_text', text: `Attachment ${String(index + 1)}:` },
    ...toWirePart(attachment),
  ]);
  return {
    type: 'function_call_output',
    call_id: result.id,
    output: parts.length === 0 ? text : [{ type: 'input_text', text }, ...parts],
  };
}

function toWirePart(attachment: Attachment): WirePart[] {
  switch (attachment.kind) {
    case 'image':
      return [{ type: 'input_image', image_url: dataUrl(attachment), detail: 'auto' }];
    case 'file':
      return [{ type: 'input_file', filename: attachment.name, file_data: dataUrl(attachment) }];
    case 'audio':
      // No output of a function has sound in it.
      return [];
  }
}
