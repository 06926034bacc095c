import { createHash } from 'node:crypto';

/** Half of the 64 characters that a tool's exposed name may have. */
const MAX_PREFIX_LENGTH = 32;
const HASH_LENGTH = 6;

/**
 * What is wrong with a prefix, for people; `undefined` for a good one. Good is: `""`, or at most 32 of `A-Z a-z 0-9 _ -`, without `__` and not ending in
 * `_`, so that the first `__` of an exposed name always ends its prefix.
 */
export function prefixFault(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  if (prefix.length > MAX_PREFIX_LENGTH) {
    return `is longer than ${String(MAX_PREFIX_LENGTH)} characters`;
  }
  if (!/^[A-Za-z0-9_-]+$/u.test(prefix)) {
    return 'has characters other than letters, digits, "_" and "-"';
  }
  if (prefix.includes('__')) return 'contains "__", which separates a prefix from the tool\'s name';
  if (prefix.endsWith('_')) return 'ends in "_"';
  return undefined;
}

/** The default prefix of a server: its config key; a key that is no good prefix is made one, and then carries a hash of the original. */
export function prefixFromKey(key: string): string {
  if (key !== '' && prefixFault(key) === undefined) return key;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, HASH_LENGTH);
  const readable = key
    .replace(/[^A-Za-z0-9_-]+/gu, '-')
    .replace(/_{2,}/gu, '_')
    .slice(0, MAX_PREFIX_LENGTH - HASH_LENGTH - 1)
    .replace(/^[_-]+|[_-]+$/gu, '');
  return `${readable === '' ? 'server' : readable}-${hash}`;
}
