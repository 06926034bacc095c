import type { OpenAI } from 'openai';
import type { Tool } from '../call/tool.ts';
import { dataUrl, type Attachment } from './attachments.ts';
import { outcomeContent } from './content.ts';
import type { Message, ToolResult } from './message.ts';
import { acceptableName, parsableArguments, toWireFunction, type Spelling } from './tool-wire.ts';

type WireMessage = OpenAI.ChatCompletionMessageParam;
type WirePart = OpenAI.ChatCompletionContentPart;
type WireTool = OpenAI.ChatCompletionFunctionTool;

/**
 * The conversation as Chat Completions has it. The follow-up is one `tool` message for each call id, in call order, with nothing between them; what
 * these cannot carry comes in one `user` message behind them, in the same order, each part labelled with its call. The same messages give
 * the same bytes: endpoints cache by prefix.
 */
export function toWireMessages(messages: readonly Message[], spelling: Spelling): WireMessage[] {
  return messages.flatMap((message) => toWire(message, spelling));
}

/** The tools in the order given, under their exposed names. */
export function toWireTools(tools: readonly Tool[]): WireTool[] {
  return tools.map((tool) => ({ type: 'function', function: toWireFunction(tool) }));
}

function toWire(message: Message, spelling: Spelling): WireMessage[] {
  switch (message.kind) {
    case 'system':
      return [{ role: 'system', content: message.text }];
    case 'user':
      return [{ role: 'user', content: message.text }];
    case 'assistant':
      return [toWireAssistant(message, spelling)];
    case 'tool-results':
      return toWireResults(message.results, spelling);
  }
}

function toWireAssistant(
  message: Extract<Message, { kind: 'assistant' }>,
  { rawArguments }: Spelling,
): WireMessage {
  const calls = message.calls.map((call) => ({
    type: 'function' as const,
    id: call.id,
    function: {
      name: acceptableName(call.name),
      arguments: rawArguments ? call.arguments : parsableArguments(call.arguments),
    },
  }));
  if (calls.length === 0) return { role: 'assistant', content: message.text };
  return {
    role: 'assistant',
    content: message.text === '' ? null : message.text,
    tool_calls: calls,
  };
}

function toWireResults(results: readonly ToolResult[], { attach }: Spelling): WireMessage[] {
  const parts: WirePart[] = [];
  const answers = results.map((result): WireMessage => {
    const { text, attachments } = outcomeContent(result.outcome, result.name, attach);
    for (const [index, attachment] of attachments.entries())
      parts.push({ type: 'text', text: label(result, index + 1) }, toWirePart(attachment));
    return { role: 'tool', tool_call_id: result.id, content: text };
  });
  return parts.length === 0 ? answers : [...answers, { role: 'user', content: parts }];
}

function label({ id, name }: ToolResult, number: number): string {
  return `Attachment ${String(number)} of the result of call ${id} (${acceptableName(name)}):`;
}

function toWirePart(attachment: Attachment): WirePart {
  const { kind, mimeType, data, name } = attachment;
  switch (kind) {
    case 'image':
      return { type: 'image_url', image_url: { url: dataUrl(attachment) } };
    case 'audio': {
      const format = mimeType === 'audio/wav' ? 'wav' : 'mp3';
      return { type: 'input_audio', input_audio: { data, format } };
    }
    case 'file':
      return { type: 'file', file: { filename: name, file_data: dataUrl(attachment) } };
  }
}
