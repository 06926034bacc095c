import { visible } from '../base/visible.ts';
import { fitEnd, widest } from '../record/columns.ts';
import { ask, CTRL_D, type AskOptions } from './ask.ts';
import { ENTER } from './typed-ahead.ts';

/** Longest line that is taken, in characters: what is beyond is dropped. */
const MAX_CHARS = 10_000;
const BACKSPACE: ReadonlySet<string> = new Set(['\u007f', '\b']);
const CTRL_U = '\u0015';
/** What special keys send. */
// oxlint-disable-next-line no-control-regex -- escapes are what this is about
const SPECIAL_KEY = /\u001B(?:\[[0-?]*[ -/]*[@-~]|O.|[^[O]|$)/gu;
const CHARACTERS = new Intl.Segmenter();

/**
 * Shows a question and waits for a line of text. Resolves to it, possibly empty; to `undefined` for Ctrl-D on an empty line, for the end of the input and when
 * the signal aborts. Backspace and Ctrl-U take back; of pasted lines the first is taken. Ctrl-C is the process's SIGINT, as ever.
 */
export function askLine(question: string, options: AskOptions): Promise<string | undefined> {
  const { terminal } = options;
  let line = '';
  const show = (): void => {
    const room = terminal.columns - 1 - widest([question], Infinity);
    terminal.type(fitEnd(line, room));
  };
  return ask(
    question,
    (typed) => {
      for (const { segment } of CHARACTERS.segment(typed.replaceAll(SPECIAL_KEY, ''))) {
        if (ENTER.has(segment) || segment === '\r\n') {
          // A line and Enter may come as one.
          show();
          return { answer: line, shown: '' };
        }
        if (segment === CTRL_D && line === '') return { answer: undefined, shown: '' };
        if (BACKSPACE.has(segment)) line = withoutLast(line);
        else if (segment === CTRL_U) line = '';
        // What cannot be seen cannot be meant.
        else if (visible(segment) === segment && line.length < MAX_CHARS) line += segment;
      }
      show();
      return undefined;
    },
    options,
  );
}

function withoutLast(line: string): string {
  const last = [...CHARACTERS.segment(line)].at(-1);
  return last === undefined ? '' : line.slice(0, last.index);
}
