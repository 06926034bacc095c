import { visible, visibleLine } from '../base/visible.ts';
import type { ApprovalRequest, Approve } from '../host/authority.ts';
import { askKey } from './ask.ts';
import type { Context } from './context.ts';

/** More of a call's arguments than this is not shown; what is left out is counted. */
const MAX_LINES = 16;
const MAX_LINE = 300;

/** Asks about calls, and knows how long that took. */
export interface Approvals {
  readonly approve: Approve;
  /** For how long questions have stood on the screen, ms. */
  readonly askedMs: () => number;
}

/**
 * Asks on the terminal whether a call may run, one question at a time: y, n, or a for this call and all later ones of its tool. Enter, the end of the
 * input and an abort are a no.
 */
export function createApprovals(context: Context): Approvals {
  const always = new Set<string>();
  let askedMs = 0;
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (request: ApprovalRequest, signal: AbortSignal): Promise<boolean> => {
    if (signal.aborted) return false;
    if (always.has(request.name)) return true;
    const { terminal, stdin } = context;
    const resume = terminal.pauseFrame();
    const since = performance.now();
    try {
      terminal.note(describeCall(request, terminal.err.strong));
      const question = 'Run it? y yes · n no · a always for this tool [n] ';
      const key = await askKey(question, ['y', 'n', 'a'], { terminal, stdin, signal });
      if (key === 'a') always.add(request.name);
      return key === 'y' || key === 'a';
    } finally {
      askedMs += performance.now() - since;
      resume();
    }
  };
  const approve: Approve = (request, signal) => {
    const answer = last.then(() => ask(request, signal));
    // A question that failed is its own caller's; the next one is asked all the same.
    last = answer.catch(() => undefined);
    return answer;
  };
  return { approve, askedMs: () => askedMs };
}

function describeCall(request: ApprovalRequest, strong: (text: string) => string): string {
  const all = visible(JSON.stringify(request.arguments, null, 2)).split('\n');
  const lines = all.slice(0, MAX_LINES).map((line) => {
    const left = line.length - MAX_LINE;
    return left > 0 ? `${line.slice(0, MAX_LINE)}… (${String(left)} more characters)` : line;
  });
  if (all.length > MAX_LINES) lines.push(`… (${String(all.length - MAX_LINES)} more lines)`);
  const name = strong(visibleLine(request.name, 64));
  return `\nThe model wants to call ${name} (${visibleLine(request.tool, 128)} of server ${visibleLine(request.server, 64)}) with\n${lines.join('\n')}`;
}
