import type { Terminal } from './terminal.ts';
import { dropTypedAhead, ENTER, expectRest } from './typed-ahead.ts';

export interface AskOptions {
  readonly terminal: Terminal;
  readonly stdin: NodeJS.ReadStream;
  /** Ends the question without an answer. */
  readonly signal?: AbortSignal;
}

/** The end of a question: the answer (`undefined` for none), and what is left standing behind the question. */
interface Ending<T> {
  readonly answer: T | undefined;
  readonly shown: string;
}

/** Takes what was typed; returns how the question ends, or `undefined` while it goes on. */
type Take<T> = (typed: string) => Ending<T> | undefined;

const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';

/**
 * Shows a question and waits for one of `words`, in lower case: its first letter is enough, without Enter. Resolves to the word; to `undefined` for Enter,
 * for the end of the input and when the signal aborts. Other keys are ignored. Ctrl-C is the process's SIGINT, as ever.
 */
export function askKey<const Word extends string>(
  question: string,
  words: readonly Word[],
  options: AskOptions,
): Promise<Word | undefined> {
  const take: Take<Word> = (typed) => {
    if (typed === CTRL_D || isEnter(typed)) return { answer: undefined, shown: '' };
    // The keys of one word, and Enter, may come as one. What else is pasted, and the sequences of special keys, are no answer.
    const keys = typed.replace(/\r?\n$|\r$/u, '').toLowerCase();
    const answer = words.find((word) => word.startsWith(keys));
    if (answer === undefined) return undefined;
    if (keys.length === typed.length) expectRest(options.stdin, answer.slice(keys.length));
    return { answer, shown: answer.slice(0, 1) };
  };
  return ask(question, take, options);
}

function isEnter(typed: string): boolean {
  return ENTER.has(typed) || typed === '\r\n';
}

/** Shows a question and hands on what is typed, until that is an answer. Resolves to it; to `undefined` for the end of the input and when the signal aborts. */
export async function ask<T>(
  question: string,
  take: Take<T>,
  options: AskOptions,
): Promise<T | undefined> {
  const { terminal, stdin, signal } = options;
  const watch = (typed: string): void => {
    if (typed.includes(CTRL_C)) process.kill(process.pid, 'SIGINT');
  };
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    // From here on, for Ctrl-C; all else that comes too early is dropped by it.
    stdin.on('data', watch);
    // A stream that was paused once stays so whoever listens.
    stdin.resume();
    await dropTypedAhead(stdin, signal);
    if (signal?.aborted === true) return undefined;
    const answered = terminal.ask(question);
    const { answer, shown } = await nextEnding(stdin, take, signal);
    answered(shown);
    return answer;
  } finally {
    stdin.off('data', watch);
    stdin.setRawMode(false);
    stdin.pause();
  }
}

function nextEnding<T>(
  stdin: NodeJS.ReadStream,
  take: Take<T>,
  signal: AbortSignal | undefined,
): Promise<Ending<T>> {
  return new Promise((resolve) => {
    const finish = (ending: Ending<T>): void => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.off('error', onEnd);
      signal?.removeEventListener('abort', onEnd);
      resolve(ending);
    };
    const onEnd = (): void => {
      finish({ answer: undefined, shown: '' });
    };
    const onData = (typed: string): void => {
      if (typed.includes(CTRL_C)) return;
      const ending = take(typed);
      if (ending !== undefined) finish(ending);
    };
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    // A terminal that went away.
    stdin.on('error', onEnd);
    signal?.addEventListener('abort', onEnd, { once: true });
    // Of an end that has been nothing more is heard.
    if (stdin.readableEnded || stdin.destroyed) onEnd();
  });
}
