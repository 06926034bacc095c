import type { CallToolResult } from '@modelcontextprotocol/server';
import { quote, Refusal, systemCode } from './refusal.ts';

/** What a tool found: text for the model, the same as data, and notes on what is not in it. */
export interface Answer {
  readonly text: string;
  readonly data: Record<string, unknown>;
  readonly notes?: readonly string[];
}

/**
 * Runs a tool's work. A Refusal and an error of the operating system become an `isError` result;
 * anything else is a defect of this server, told on stderr and not to the model.
 */
export async function answer(
  tool: string,
  signal: AbortSignal,
  work: () => Promise<Answer>,
): Promise<CallToolResult> {
  try {
    return success(await work());
  } catch (error) {
    // Cancelled: nobody reads an answer.
    if (signal.aborted) throw error;
    if (error instanceof Refusal) return failure(error.message);
    const code = systemCode(error);
    if (code !== undefined) return failure(`${tool}: the operating system refused (${code}).`);
    process.stderr.write(`git: unexpected error in ${quote(tool)}: ${describe(error)}\n`);
    return failure(`${tool}: the server failed unexpectedly; its log (stderr) has the details.`);
  }
}

function success({ text, data, notes = [] }: Answer): CallToolResult {
  const blocks = [text, ...notes.map((note) => `[${note}]`)].filter((block) => block !== '');
  return {
    content: (blocks.length > 0 ? blocks : ['']).map((block) => ({ type: 'text', text: block })),
    structuredContent: { ...data, ...(notes.length > 0 ? { notes: [...notes] } : {}) },
  };
}

function failure(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
