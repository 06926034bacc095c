import { STOP_WORDS } from './words.ts';

/** What a piece of a prompt looks like; `word` for an ordinary word. */
export type Shape =
  | 'word'
  | 'number'
  | 'date'
  | 'email'
  | 'url'
  | 'domain'
  | 'path'
  | 'glob'
  /** A name in a program: `parseUrl`, `max_size`, `FileReader`, `Host.runBatch`. */
  | 'identifier'
  /** A name with digits, as records have them: `ORD-5521`. */
  | 'code'
  /** A capitalised word that begins no sentence. */
  | 'proper'
  /** Words in quotes, or introduced by a preposition. */
  | 'text';

const TESTS: readonly (readonly [Shape, RegExp])[] = [
  ['number', /^#?[-+]?\d+(?:\.\d+)?$/u],
  ['date', /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[-+]\d{2}:?\d{2})?)?$/u],
  ['url', /^https?:\/\/\S+$/u],
  ['email', /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/u],
  ['glob', /^\S*\*\S*$/u],
  ['domain', /^(?:[\w-]+\.)+(?:com|org|net|io|dev|edu|gov)$/u],
  // A member: `Host.runBatch`, `Host.dispose`; what ends in less is rather a file.
  ['identifier', /^(?:[\p{L}_$][\w$]*\.)+\p{Ll}+\p{Lu}[\w$]*(?:\(\))?$/u],
  ['identifier', /^(?:\p{Lu}[\w$]*\.)+\p{Ll}{7,}(?:\(\))?$/u],
  // Products, not files.
  ['proper', /^\p{Lu}\p{Ll}+\.js$/u],
  ['path', /^(?:\S+\/\S*|\/\S+|\.[A-Za-z][\w-]*|[\w-]+(?:\.[\w-]+)*\.[A-Za-z][A-Za-z0-9]{0,5})$/u],
  ['code', /^(?=\S*\d)(?=\S*\p{L})[\p{L}\p{N}]+(?:[-_:][\p{L}\p{N}]+)*$/u],
  [
    'identifier',
    /^(?:\p{L}+(?:_\p{L}+)+|\p{Ll}+(?:\p{Lu}\p{Ll}*)+|\p{Lu}\p{Ll}+(?:\p{Lu}\p{Ll}*)+)(?:\(\))?$/u,
  ],
];

const ABBREVIATION = /^(?:\p{L}\.)+\p{L}?$/u;
const FRACTION = /^\d+\/\d+$/u;

/** The shape of one piece without spaces. Abbreviations (`e.g.`), fractions (`3/4`) and pairs of common words (`and/or`) are words. */
export function shapeOf(piece: string): Shape {
  if (piece.length > 300 || ABBREVIATION.test(piece) || FRACTION.test(piece)) return 'word';
  if (piece.includes('/') && piece.split('/').every((word) => STOP_WORDS.has(word))) return 'word';
  return TESTS.find(([, pattern]) => pattern.test(piece))?.[0] ?? 'word';
}
