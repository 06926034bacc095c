import { setMaxListeners } from 'node:events';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { answering, type Answer } from '../../shared/tool-answer.ts';
import type { Asking } from '../code/asking.ts';
import type { LanguageServer } from '../lsp/language-server.ts';

const run = answering({ server: 'typescript', refusalFor: () => undefined });

/** Runs a tool's work with a language server that is ready and up to date. */
export function answer(
  server: LanguageServer,
  signal: AbortSignal,
  work: (asking: Asking) => Promise<Answer>,
): Promise<CallToolResult> {
  // Each request of a call listens as long as it runs, and there may be one for every file.
  setMaxListeners(0, signal);
  return run('typescript', signal, async () => {
    const session = await server.open(signal);
    const { notes = [], ...found } = await work({ server, session, signal });
    return { ...found, notes: [...notes, ...server.notes] };
  });
}
