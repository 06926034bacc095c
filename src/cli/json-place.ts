import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';

/** Only so much of a text is searched for the place of its fault. */
const MAX_SEARCHED = 1_000_000;

/** Where and how a text fails to be JSON: `line 2, column 5: CommaExpected`. The text must be one that `JSON.parse` refuses. */
export function jsonFault(text: string): string {
  const errors: ParseError[] = [];
  parse(text.slice(0, MAX_SEARCHED), errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (first === undefined) return 'it is not valid JSON';
  const before = text.slice(0, first.offset).split('\n');
  const column = String((before.at(-1)?.length ?? 0) + 1);
  const place =
    before.length === 1 ? `character ${column}` : `line ${String(before.length)}, column ${column}`;
  const words = printParseErrorCode(first.error).replace(/(?!^)[A-Z]/gu, (letter) => {
    return ` ${letter.toLowerCase()}`;
  });
  return `${words.toLowerCase()} at ${place}`;
}
