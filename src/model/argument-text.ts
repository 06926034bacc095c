import { isJsonObject } from '../base/json.ts';

/**
 * The argument text of one call while it arrives in fragments. Says in linear time when it is a whole JSON object. Such a text cannot be extended to
 * another valid object, so whatever but white space follows one is a new try that replaces it: a placeholder `{}` before the real arguments, or a
 * provider that changes its mind.
 */
export class ArgumentText {
  /** The last text that was a whole object. */
  #whole: string | undefined;
  /** What came after it. */
  #pieces: string[] = [];
  #scan: Scan = { kind: 'start' };

  append(fragment: string): void {
    let from = 0;
    for (let at = 0; at < fragment.length; at += 1) {
      this.#scan = step(this.#scan, fragment.charCodeAt(at));
      if (this.#scan.kind !== 'end') continue;
      this.#pieces.push(fragment.slice(from, at + 1));
      from = at + 1;
      this.#close();
    }
    const rest = fragment.slice(from);
    // White space after a whole object is no new try.
    if (rest !== '' && !(this.#whole !== undefined && this.#scan.kind === 'start'))
      this.#pieces.push(rest);
  }

  /** The text, when it is a whole object and nothing follows it. */
  get whole(): string | undefined {
    return this.#pieces.length === 0 ? this.#whole : undefined;
  }

  /** The text as it was sent; a whole object that was replaced by another is gone. */
  get text(): string {
    return (this.#whole ?? '') + this.#pieces.join('');
  }

  /** Whether it stands in the middle of an object. */
  get isPartial(): boolean {
    return this.#scan.kind === 'inside';
  }

  #close(): void {
    const text = this.#pieces.join('');
    if (isObjectText(text)) {
      this.#whole = text;
      this.#pieces = [];
      this.#scan = { kind: 'start' };
    } else {
      this.#pieces = [text];
      this.#scan = { kind: 'hopeless' };
    }
  }
}

/** Where the scanner stands: before an object, inside of one, right behind its end, or in something that can never become one. */
type Scan =
  | { readonly kind: 'start' | 'end' | 'hopeless' }
  | { readonly kind: 'inside'; depth: number; string: 'outside' | 'inside' | 'escape' };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

function step(scan: Scan, code: number): Scan {
  if (scan.kind === 'hopeless') return scan;
  if (scan.kind !== 'inside') {
    if (SPACES.has(code)) return { kind: 'start' };
    return code === OPEN_BRACE
      ? { kind: 'inside', depth: 1, string: 'outside' }
      : { kind: 'hopeless' };
  }
  // Changed in place: one object a call, not one a character.
  if (scan.string === 'escape') scan.string = 'inside';
  else if (scan.string === 'inside') {
    if (code === BACKSLASH) scan.string = 'escape';
    else if (code === QUOTE) scan.string = 'outside';
  } else if (code === QUOTE) scan.string = 'inside';
  else if (code === OPEN_BRACE || code === OPEN_BRACKET) scan.depth += 1;
  else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) scan.depth -= 1;
  return scan.depth === 0 ? { kind: 'end' } : scan;
}

/** Whether a text is one JSON object. */
export function isObjectText(text: string): boolean {
  try {
    return isJsonObject(JSON.parse(text));
  } catch {
    // No JSON: the scanner only counts brackets.
    return false;
  }
}
