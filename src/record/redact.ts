import { isJsonObject } from '../base/json.ts';

/** A shorter one cannot be told from an ordinary word. */
const MIN_SECRET_LENGTH = 6;
/** Nesting beyond this is not recorded: no event of ours is that deep, a server's answer may be. */
const MAX_DEPTH = 200;

export const REDACTED = '[redacted]';

/** A line of a secret of several lines, such as a key, that is shorter may be anything. */
const MIN_LINE_LENGTH = 12;
/** Longer ones the pattern engine does not take, a few at a time: "Regular expression too large". */
const MAX_PATTERN_LENGTH = 8_192;
/** How the cut end of a text is marked, and of how many such ends in one text a secret's beginning is taken out. */
const CUT = '…';
const MAX_CUTS = 20;

/** Returns a copy of a JSON-like value in which no string, and no key, holds a secret. */
export type Redact = (value: unknown) => unknown;

/**
 * Makes a function that takes `secrets` out of values, wherever in a text they stand, as they are and as JSON spells them; of one of several lines each line,
 * and what is left of one where a text was cut in the middle of it. Secrets of fewer than six characters are left: they would take ordinary words with them.
 */
export function redactor(secrets: Iterable<string>): Redact {
  const spellings = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET_LENGTH) continue;
    spellings.add(secret);
    spellings.add(JSON.stringify(secret).slice(1, -1));
    for (const line of linesOf(secret)) spellings.add(line);
  }
  if (spellings.size === 0) return (value) => value;
  // Longest first, so that no secret is left standing behind a shorter one that begins it.
  const longestFirst = [...spellings].sort((a, b) => b.length - a.length);
  const long = longestFirst.filter(({ length }) => length > MAX_PATTERN_LENGTH);
  const others = longestFirst.slice(long.length).map(escapeRegExp);
  // Where all are long, what matches nothing.
  const pattern = new RegExp(others.length === 0 ? '(?!)' : others.join('|'), 'gu');
  const cleanText = (text: string): string => {
    const short = long.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
    const cleaned = short.replace(pattern, REDACTED);
    return cleaned.includes(CUT) ? withoutBeginnings(cleaned, longestFirst) : cleaned;
  };
  const clean = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return cleanText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '[too deep to be recorded]';
    if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [cleanText(key), clean(item, depth + 1)]),
    );
  };
  return (value) => clean(value, 0);
}

/** What a text shows line by line does not hold the whole. */
function linesOf(secret: string): readonly string[] {
  const lines = secret.split(/[\r\n]+/u).map((line) => line.trim());
  return lines.length === 1 ? [] : lines.filter((line) => line.length >= MIN_LINE_LENGTH);
}

function withoutBeginnings(text: string, secrets: readonly string[]): string {
  const parts = text.split(CUT);
  if (parts.length > MAX_CUTS + 1) return text;
  const last = parts.pop() ?? '';
  const cleaned = parts.map((part) => {
    for (const secret of secrets) {
      const from = part.lastIndexOf(secret.slice(0, MIN_SECRET_LENGTH));
      if (from >= 0 && secret.startsWith(part.slice(from))) return part.slice(0, from) + REDACTED;
    }
    return part;
  });
  return [...cleaned, last].join(CUT);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
