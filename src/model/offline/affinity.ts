import type { Argument } from './argument.ts';
import { numberFor } from './number-bindings.ts';
import type { Value } from './prompt.ts';

/**
 * How naturally an argument takes a value that the prompt does not name after it, from 0 (never) to 1 (that is what it is for): a program's name
 * belongs into a query, `in Paris` into a place, `src/a.ts` into a path.
 */
export function affinity(argument: Argument, value: Value): number {
  const { type } = argument;
  if (type === 'integer' || type === 'number') return numberAffinity(argument, value);
  const takesText = type === 'string' && argument.choices.length === 0;
  if (!takesText || argument.format !== undefined) return 0;
  const roles = ROLES.filter(({ words }) => [...argument.words].some((word) => words.has(word)));
  if (roles.length === 0) return value.quoted || value.shape === 'identifier' ? 0.5 : 0;
  return Math.max(...roles.map(({ takes }) => takes(value, argument)));
}

/** A number that nothing is said about, for an argument that says nothing either. */
function numberAffinity(argument: Argument, value: Value): number {
  const isPlain = [...argument.words].every((word) => PLAIN_NUMBERS.has(word) || word.length === 1);
  return isPlain && numberFor(argument, value) !== undefined ? 0.5 : 0;
}

const PLAIN_NUMBERS = new Set(['amount', 'number', 'quantity', 'sum', 'value']);

interface Role {
  /** Words of an argument's name. */
  readonly words: ReadonlySet<string>;
  readonly takes: (value: Value, argument: Argument) => number;
}

function role(words: string, takes: Role['takes']): Role {
  return { words: new Set(words.split(' ')), takes };
}

const isQuoted = (value: Value): boolean => value.quoted && value.shape === 'text';
const isName = (value: Value): boolean => value.shape === 'proper';
const isPhrase = (value: Value): boolean => value.shape === 'text' && !value.quoted;

function introduced(value: Value, words: string): boolean {
  return value.introducedBy !== undefined && words.split(' ').includes(value.introducedBy);
}

/** A name is worth `sure` behind the right word, a phrase of ordinary words a little less. */
function behind(value: Value, words: string): number {
  if (!introduced(value, words)) return 0;
  if (isName(value)) return 1;
  return isPhrase(value) ? 0.85 : 0;
}

const ROLES: readonly Role[] = [
  role('path paths file files filename filepath dir directory folder', (value, argument) => {
    if (value.shape !== 'path') return 0;
    // What is said to go `to` a path does not want to look at it.
    if (value.introducedBy === 'to') return 0.6;
    if (value.text.endsWith('/')) return argument.isFolder ? 1 : 0.5;
    return argument.isFolder && /\.\w+$/u.test(value.text) ? 0.3 : 1;
  }),
  role('pattern glob regex expression', (value, argument) => {
    if (value.shape === 'glob') return 1;
    if (value.shape === 'path') return 0.6;
    if (value.shape !== 'identifier' && !isQuoted(value)) return 0;
    return argument.describedAs.has('glob') || argument.words.has('glob') ? 0.4 : 0.8;
  }),
  role('symbol identifier function class method variable', (value) => {
    if (value.shape === 'identifier') return 1;
    if (!isQuoted(value)) return 0;
    return /^[\p{L}_$][\w$]*$/u.test(value.text) ? 0.85 : 0.8;
  }),
  role('query q search text term terms keyword keywords phrase needle question topic', (value) => {
    if (value.shape === 'identifier' || isQuoted(value)) return 1;
    if (value.shape === 'code' || isName(value)) return 0.7;
    if (value.shape === 'path') return 0.4;
    const isTopic = introduced(
      value,
      'about called concerning containing for like matching mentioning named on regarding titled',
    );
    return isPhrase(value) && isTopic ? 0.85 : 0;
  }),
  role('city location place country town region where', (value) => {
    if (isName(value) && !introduced(value, 'about by'))
      return value.introducedBy === undefined ? 0.6 : 1;
    return isQuoted(value) ? 0.5 : behind(value, 'at for in near');
  }),
  role('author user username assignee owner person artist director writer', (value) => {
    if (isQuoted(value)) return 0.4;
    return Math.max(
      behind(value, 'by'),
      isName(value) && introduced(value, 'for from of') ? 0.8 : 0,
    );
  }),
  role('title name names subject entity entities label', (value) => {
    if (isQuoted(value)) return 0.9;
    if (isName(value) || value.shape === 'identifier') return 0.7;
    return behind(value, 'called named titled');
  }),
  role('from origin source departure', (value) => {
    const isPlainPath = value.shape === 'path' && value.introducedBy !== 'to';
    return Math.max(behind(value, 'from'), isPlainPath ? 0.7 : 0);
  }),
  role('to destination target arrival', (value) => {
    const isPath = value.shape === 'path' && value.introducedBy === 'to';
    const isPlace = isName(value) && introduced(value, 'at in near');
    return Math.max(behind(value, 'to'), isPath ? 1 : 0, isPlace ? 0.8 : 0);
  }),
  role('content contents body note message comment text description', (value) =>
    isQuoted(value) ? 0.9 : 0,
  ),
];
