import { domainToUnicode } from 'node:url';
import { visible, visibleLine } from '../base/visible.ts';
import type { AskCause, Elicit, ElicitAnswer, ElicitRequest } from '../call/asks.ts';
import { askKey, type AskOptions } from './ask.ts';
import type { Context } from './context.ts';
import { fillForm } from './fill-form.ts';
import type { Questions } from './questions.ts';
import { untrustedLines } from './untrusted-lines.ts';

type UrlRequest = Extract<ElicitRequest, { readonly kind: 'url' }>;

/** Most calls that are named where one of several may have caused a question. */
const MAX_NAMED = 5;

/**
 * Puts what servers ask of the user to whoever sits at the terminal: first who asks and where the answer goes, then whether to answer at all, then field by
 * field. n declines; Enter, Ctrl-D, the end of the input and an abort put the question away. A page is never opened from here.
 */
export function createElicit(context: Context, questions: Questions): Elicit {
  const ask = async (request: ElicitRequest, signal: AbortSignal): Promise<ElicitAnswer> => {
    if (signal.aborted) return { action: 'cancel' };
    const { terminal, stdin } = context;
    const resume = terminal.pauseFrame();
    try {
      terminal.note(describeQuestion(request, terminal.err));
      return await answer(request, { terminal, stdin, signal });
    } finally {
      resume();
    }
  };
  return (request, signal) => questions.ask(() => ask(request, signal));
}

async function answer(request: ElicitRequest, options: AskOptions): Promise<ElicitAnswer> {
  const what = request.kind === 'url' ? 'Agree to visit it?' : 'Answer it?';
  const key = await askKey(`${what} y yes · n no · Enter not now `, ['yes', 'no'], options);
  if (key === 'no') return { action: 'decline' };
  if (key === undefined) return { action: 'cancel' };
  if (request.kind === 'url') return { action: 'accept' };
  const content = await fillForm(request.fields, options);
  return content === undefined ? { action: 'cancel' } : { action: 'accept', content };
}

type Emphasis = Pick<Context['terminal']['err'], 'strong' | 'warn'>;

function describeQuestion(request: ElicitRequest, emphasis: Emphasis): string {
  const server = visibleLine(request.server, 64);
  const asks = request.kind === 'url' ? 'wants you to visit a page' : 'asks you something';
  const message = untrustedLines(request.message).map((line) => `  ${line}`);
  const lines = [
    '',
    `Server ${emphasis.strong(server)} ${asks}, ${causeWords(request.cause)}:`,
    ...message,
    ...(request.kind === 'url' ? pageLines(request, emphasis) : []),
  ];
  if (request.kind === 'form') {
    const where = request.destination === undefined ? '' : ` at ${visible(request.destination)}`;
    lines.push(
      `${emphasis.warn('!')} The answer goes to server ${server}${where}. No passwords, keys or other secrets.`,
    );
  }
  return lines.join('\n');
}

/** The host by itself, for an address can be long, and begin like another. */
function pageLines({ url }: UrlRequest, emphasis: Emphasis): readonly string[] {
  const unicode = domainToUnicode(url.hostname);
  const other = unicode === url.hostname ? '' : ` (written as ${visibleLine(unicode, 100)})`;
  return [
    `  host: ${emphasis.strong(visible(url.host))}${other}`,
    `  page: ${visible(url.href)}`,
    `${emphasis.warn('!')} Nothing is opened from here. Open it yourself if you know that host and expected this.`,
  ];
}

function causeWords(cause: AskCause): string {
  if (cause.kind === 'call') return `for the call of ${visibleLine(cause.call.name, 64)}`;
  const names = [...new Set(cause.calls.map(({ name }) => visibleLine(name, 64)))];
  const left = names.length - MAX_NAMED;
  const more = left > 0 ? ` and ${String(left)} more` : '';
  return `for one of ${String(cause.calls.length)} calls (${names.slice(0, MAX_NAMED).join(', ')}${more})`;
}
