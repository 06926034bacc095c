import { visibleLine } from '../base/visible.ts';
import type { ApprovalRequest, Approve } from '../host/authority.ts';
import { askKey } from './ask.ts';
import type { Context } from './context.ts';
import { Questions } from './questions.ts';
import { untrustedLines } from './untrusted-lines.ts';

/**
 * Asks on the terminal whether a call may run, one question at a time: y, n, or a for this call and all later ones of its tool. Enter, the end of the
 * input and an abort are a no.
 */
export function createApprovals(context: Context, questions: Questions = new Questions()): Approve {
  const always = new Set<string>();
  const ask = async (request: ApprovalRequest, signal: AbortSignal): Promise<boolean> => {
    if (signal.aborted) return false;
    if (always.has(request.name)) return true;
    const { terminal, stdin } = context;
    const resume = terminal.pauseFrame();
    try {
      terminal.note(describeCall(request, terminal.err.strong));
      const question = 'Run it? y yes · n no · a always for this tool [n] ';
      const key = await askKey(question, ['yes', 'no', 'always'], { terminal, stdin, signal });
      if (key === 'always') always.add(request.name);
      return key === 'yes' || key === 'always';
    } finally {
      resume();
    }
  };
  return (request, signal) => questions.ask(() => ask(request, signal));
}

function describeCall(request: ApprovalRequest, strong: (text: string) => string): string {
  const lines = untrustedLines(JSON.stringify(request.arguments, null, 2));
  const name = strong(visibleLine(request.name, 64));
  return `\nThe model wants to call ${name} (${visibleLine(request.tool, 128)} of server ${visibleLine(request.server, 64)}) with\n${lines.join('\n')}`;
}
