/** The part of ripgrep's --json output that a search reads. */
import * as z from 'zod';

const Text = z.union([z.object({ text: z.string() }), z.object({ bytes: z.string() })]);

const Record = z.discriminatedUnion('type', [
  z.object({ type: z.literal('begin') }),
  z.object({ type: z.literal('context') }),
  z.object({ type: z.literal('end') }),
  z.object({ type: z.literal('summary') }),
  z.object({
    type: z.literal('match'),
    data: z.object({
      path: Text,
      lines: Text,
      line_number: z.number(),
      submatches: z.array(z.object({ start: z.number() })),
    }),
  }),
]);

export interface MatchRecord {
  readonly kind: 'match';
  /** Relative to the folder searched, forward slashes. */
  readonly path: string;
  readonly line: number;
  /** The line, without its line end. */
  readonly text: string;
  /** Where in `text` the first match begins, in characters. */
  readonly matchStart: number;
}

/** Reads one line of output; throws for what ripgrep does not write. */
export function parseRecord(bytes: Buffer): MatchRecord | { readonly kind: 'summary' | 'other' } {
  const record = Record.parse(JSON.parse(bytes.toString()));
  if (record.type === 'summary') return { kind: 'summary' };
  if (record.type !== 'match') return { kind: 'other' };
  const { data } = record;
  const line = bytesOf(data.lines);
  return {
    kind: 'match',
    path: relative(bytesOf(data.path).toString()),
    line: data.line_number,
    text: line.toString().replace(/\r?\n$/, ''),
    // ripgrep counts bytes.
    matchStart: line.subarray(0, data.submatches[0]?.start ?? 0).toString().length,
  };
}

/** A path as ripgrep prints it below `./`, relative and with forward slashes. */
export function relative(printed: string): string {
  const slashed = process.platform === 'win32' ? printed.replaceAll('\\', '/') : printed;
  return slashed.startsWith('./') ? slashed.slice(2) : slashed;
}

/** Text that is no UTF-8 comes as base64. */
function bytesOf(text: z.infer<typeof Text>): Buffer {
  return 'text' in text ? Buffer.from(text.text) : Buffer.from(text.bytes, 'base64');
}
