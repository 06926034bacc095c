import type { CallToolResult } from '@modelcontextprotocol/server';
import { Refusal } from './refusal.ts';

/** What a tool found: text for the model, the same as data, and notes on what is not in it. */
export interface Answer {
  readonly text: string;
  readonly data: Record<string, unknown>;
  readonly notes?: readonly string[];
}

export interface Answering {
  /** The server's name, for its log. */
  readonly server: string;
  /** A refusal for an error that is none yet but is no defect either; `subject` is what the call was about. */
  readonly refusalFor: (error: unknown, subject: string) => Refusal | undefined;
}

/** Runs a tool's work, and answers what comes of it. */
export type RunTool = (
  subject: string,
  signal: AbortSignal,
  work: () => Promise<Answer>,
) => Promise<CallToolResult>;

/**
 * How a server's tools answer: a Refusal becomes an `isError` result; anything else is a defect of the server, told on stderr
 * and not to the model.
 */
export function answering({ server, refusalFor }: Answering): RunTool {
  return async (subject, signal, work) => {
    try {
      return success(await work());
    } catch (error) {
      // Cancelled: nobody reads an answer.
      if (signal.aborted) throw error;
      const refusal = error instanceof Refusal ? error : refusalFor(error, subject);
      if (refusal !== undefined) return failure(refusal.message);
      process.stderr.write(`${server}: unexpected error in ${subject}: ${describe(error)}\n`);
      return failure(
        `${subject}: the server failed unexpectedly; its log (stderr) has the details.`,
      );
    }
  };
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
