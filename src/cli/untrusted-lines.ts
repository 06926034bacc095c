import { visible } from '../base/visible.ts';

/** More of a text than this is not shown within a question. */
const MAX_LINES = 16;
const MAX_LINE = 300;

/** An untrusted text, made safe to show, and short enough to be read within a question; what is left out is counted. */
export function untrustedLines(text: string): readonly string[] {
  const all = visible(text.replaceAll('\r\n', '\n')).split('\n');
  const lines = all.slice(0, MAX_LINES).map((line) => {
    const left = line.length - MAX_LINE;
    return left > 0 ? `${line.slice(0, MAX_LINE)}… (${String(left)} more characters)` : line;
  });
  if (all.length > MAX_LINES) lines.push(`… (${String(all.length - MAX_LINES)} more lines)`);
  return lines;
}
