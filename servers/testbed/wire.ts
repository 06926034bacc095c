/** What both protocol eras have in common: how a tool is listed, and how a call is answered. */
import type { Content, Finding, Settled, Tool } from './tool.ts';

interface ObjectSchema {
  [key: string]: unknown;
  type: 'object';
}

interface ListedTool {
  name: string;
  title: string;
  description: string;
  annotations: Record<string, boolean>;
  inputSchema: ObjectSchema;
  outputSchema?: ObjectSchema;
}

interface ToolResult {
  [key: string]: unknown;
  content: Content[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

/** Answered as a JSON-RPC error: both SDKs take code and message from what a handler throws. */
export class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function toListed(tool: Tool): ListedTool {
  const { name, title, description, annotations, inputSchema, outputSchema } = tool;
  return {
    name,
    title,
    description,
    annotations: { ...annotations },
    inputSchema: { ...inputSchema, type: 'object' },
    ...(outputSchema === undefined ? {} : { outputSchema: { ...outputSchema, type: 'object' } }),
  };
}

/** Throws a ProtocolFault for a call that ends with an error of the protocol. */
export function toResult(settled: Settled): ToolResult {
  switch (settled.kind) {
    case 'answer': {
      const { content, data } = settled;
      return {
        content: [...content],
        ...(data === undefined ? {} : { structuredContent: { ...data } }),
      };
    }
    case 'tool-error':
      return { content: [{ type: 'text', text: settled.message }], isError: true };
    case 'protocol-error':
      throw new ProtocolFault(settled.code, settled.message);
    default:
      return settled satisfies never;
  }
}

/** The form in which a question is put. */
export const QUESTION_SCHEMA = {
  type: 'object' as const,
  properties: { answer: { type: 'string' as const, title: 'Answer' } },
  required: ['answer'],
};

/** What a person has made of it. */
export function toAnswer(result: {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: Readonly<Record<string, unknown>> | undefined;
}): Finding {
  if (result.action !== 'accept') return { kind: 'no-answer', action: result.action };
  const answer = result.content?.['answer'];
  return { kind: 'answer', answer: typeof answer === 'string' ? answer : '' };
}

/** What a model has made of it. */
export function toCompletion(result: {
  readonly content: unknown;
  readonly model: string;
}): Finding {
  const blocks = [result.content].flat() as readonly { type?: unknown; text?: unknown }[];
  const texts = blocks.map(({ type, text }) =>
    type === 'text' && typeof text === 'string' ? text : '',
  );
  return { kind: 'completion', text: texts.join(''), model: result.model };
}
