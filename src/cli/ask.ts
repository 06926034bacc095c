import { sleep } from '../base/abort.ts';
import type { Terminal } from './terminal.ts';

export interface AskOptions {
  readonly terminal: Terminal;
  readonly stdin: NodeJS.ReadStream;
  /** Ends the question without an answer. */
  readonly signal?: AbortSignal;
}

/** What was typed before the question was there is no answer to it: keys that arrive within this time, ms, are dropped. */
const TYPED_AHEAD_MS = 50;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const ENTER: ReadonlySet<string> = new Set(['\r', '\n']);

/**
 * Shows a question and waits for one of `keys`, in lower case, without Enter. Resolves to the key; to `undefined` for Enter, for the end of the input and
 * when the signal aborts. Other keys are ignored. Ctrl-C is the process's SIGINT, as ever.
 */
export async function askKey(
  question: string,
  keys: readonly string[],
  options: AskOptions,
): Promise<string | undefined> {
  const { terminal, stdin, signal } = options;
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    const drop = (): void => undefined;
    stdin.on('data', drop);
    // A stream that was paused once stays so whoever listens.
    stdin.resume();
    await sleep(TYPED_AHEAD_MS);
    const answered = terminal.ask(question);
    const key = await nextKey(stdin, keys, signal);
    stdin.off('data', drop);
    answered(key ?? '');
    return key;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

function nextKey(
  stdin: NodeJS.ReadStream,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const finish = (key: string | undefined): void => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      signal?.removeEventListener('abort', onEnd);
      resolve(key);
    };
    const onEnd = (): void => {
      finish(undefined);
    };
    const onData = (chunk: string): void => {
      // A key and Enter may come as one.
      const data = chunk.length === 2 && ENTER.has(chunk.slice(1)) ? chunk.slice(0, 1) : chunk;
      if (data === CTRL_C) process.kill(process.pid, 'SIGINT');
      // One key at a time: what is pasted, and the sequences of special keys, are no answer.
      else if (data === CTRL_D || ENTER.has(data)) finish(undefined);
      else if (keys.includes(data.toLowerCase())) finish(data.toLowerCase());
    };
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    if (signal?.aborted === true) onEnd();
    else signal?.addEventListener('abort', onEnd, { once: true });
  });
}
