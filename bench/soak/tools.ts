/** What the soak's servers offer, whatever their SDK. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export const SERVER_INFO = { name: 'soak', version: '1' };

export type Door = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

interface Answer {
  [key: string]: unknown;
  content: { type: 'text'; text: string }[];
  structuredContent: { server: string; nonce: string };
}

/** Runs one call; rejects when it is cancelled. */
export type CallTool = (
  tool: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
) => Promise<Answer>;

const NONCE = { type: 'string' };

export const TOOLS = [
  {
    name: 'look',
    description: 'Answer with the nonce, and so many bytes more.',
    inputSchema: {
      type: 'object' as const,
      properties: { nonce: NONCE, bytes: { type: 'integer' } },
      required: ['nonce'],
    },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'note',
    description: 'Write the id into the journal, and answer with the nonce.',
    inputSchema: {
      type: 'object' as const,
      properties: { id: { type: 'string' }, nonce: NONCE },
      required: ['id', 'nonce'],
    },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
  },
];
