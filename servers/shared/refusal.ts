/**
 * What a tool answers as an `isError` result: what is wrong, what would be right.
 * The message is written for the model that made the call.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

const MAX_QUOTED_CHARS = 300;

/** A name from outside, as it may stand in a message: control characters escaped, length bounded. */
export function quote(text: string): string {
  return JSON.stringify(clip(text, MAX_QUOTED_CHARS));
}

/** At most `max` characters of a text; a mark stands for what is left out. */
export function clip(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}

/** The code of an error of the operating system, else undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'syscall' in error
    ? error.code
    : undefined;
}
