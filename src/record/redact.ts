import { isJsonObject } from '../base/json.ts';

/** A shorter one cannot be told from an ordinary word. */
const MIN_SECRET_LENGTH = 6;
/** Nesting beyond this is not recorded: no event of ours is that deep, a server's answer may be. */
const MAX_DEPTH = 200;

export const REDACTED = '[redacted]';

/** Returns a copy of a JSON-like value in which no string, and no key, holds a secret. */
export type Redact = (value: unknown) => unknown;

/**
 * Makes a function that takes `secrets` out of values, wherever in a text they stand, as they are and as JSON spells them. Secrets of fewer than six
 * characters are left: they would take ordinary words with them.
 */
export function redactor(secrets: Iterable<string>): Redact {
  const spellings = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET_LENGTH) continue;
    spellings.add(secret);
    spellings.add(JSON.stringify(secret).slice(1, -1));
  }
  if (spellings.size === 0) return (value) => value;
  // Longest first, so that no secret is left standing behind a shorter one that begins it.
  const alternatives = [...spellings].sort((a, b) => b.length - a.length).map(escapeRegExp);
  const pattern = new RegExp(alternatives.join('|'), 'gu');
  const clean = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return value.replace(pattern, REDACTED);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '[too deep to be recorded]';
    if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key.replace(pattern, REDACTED),
        clean(item, depth + 1),
      ]),
    );
  };
  return (value) => clean(value, 0);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
