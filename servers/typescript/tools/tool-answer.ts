import { setMaxListeners } from 'node:events';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { Asking } from '../code/asking.ts';
import type { LanguageServer } from '../lsp/language-server.ts';
import { Refusal } from '../refusal.ts';

/** What a tool found: text for the model, the same as data, and notes on what is not in it. */
export interface Answer {
  readonly text: string;
  readonly data: Record<string, unknown>;
  readonly notes: readonly string[];
}

/**
 * Runs a tool's work with a language server that is ready and up to date. A Refusal becomes an `isError` result;
 * anything else is a defect of this server, told on stderr and not to the model.
 */
export async function answer(
  server: LanguageServer,
  signal: AbortSignal,
  work: (asking: Asking) => Promise<Answer>,
): Promise<CallToolResult> {
  // Each request of a call listens as long as it runs, and there may be one for every file.
  setMaxListeners(0, signal);
  try {
    const session = await server.open(signal);
    const { notes, ...found } = await work({ server, session, signal });
    return success({ ...found, notes: [...notes, ...server.notes] });
  } catch (error) {
    // Cancelled: nobody reads an answer.
    if (signal.aborted) throw error;
    if (error instanceof Refusal) return failure(error.message);
    process.stderr.write(`typescript: unexpected error: ${describe(error)}\n`);
    return failure('The server failed unexpectedly; its log (stderr) has the details.');
  }
}

function success({ text, data, notes }: Answer): CallToolResult {
  const blocks = [text, ...notes.map((note) => `[${note}]`)];
  return {
    content: blocks.map((block) => ({ type: 'text', text: block })),
    structuredContent: { ...data, ...(notes.length > 0 ? { notes: [...notes] } : {}) },
  };
}

function failure(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
