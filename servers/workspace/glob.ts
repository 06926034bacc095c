/**
 * File patterns, matched here rather than by ripgrep's own --glob: that one overrides .gitignore, so that `**` would
 * list node_modules. Patterns come from models: they become RE2 expressions, which match in linear time.
 */
import { RE2JS } from 're2js';
import { MAX_PATTERN_CHARS } from './limits.ts';
import { quote, Refusal } from '../shared/refusal.ts';

export interface Glob {
  /** Whether a path matches; relative to the folder searched, forward slashes. */
  matches(path: string): boolean;
  /** ripgrep arguments that leave out files whose name alone rules them out; never one that matches. */
  readonly prefilter: readonly string[];
}

/**
 * Compiles a pattern: `*` and `?` (not across `/`), `**` as a whole segment, `[a-z]`, `[!a-z]`, `{a,b}`, `\` before a
 * character that is meant as such, `!` first for everything else. Without a slash it is matched against names, at any depth.
 */
export function compileGlob(given: string): Glob {
  if (given.length > MAX_PATTERN_CHARS) {
    throw new Refusal(`The pattern is longer than ${MAX_PATTERN_CHARS} characters.`);
  }
  if (given.includes('\0')) throw new Refusal(`The pattern ${quote(given)} contains a NUL byte.`);
  const negated = given.startsWith('!');
  const anchored = given.slice(negated ? 1 : 0).replace(/^(?:\.?\/)+/, '');
  const pattern = anchored.endsWith('/') ? `${anchored}**` : anchored;
  if (pattern === '') throw new Refusal('The pattern is empty. "*" matches every file.');
  const whole = translate(given, pattern);
  const byName = !pattern.includes('/') && anchored === given.slice(negated ? 1 : 0);
  const expression = compile(given, byName ? `(?:.*/)?${whole.expression}` : whole.expression);
  return {
    matches: (path) => expression.testExact(path) !== negated,
    prefilter: negated ? [] : prefilterFor(whole.lastSegment),
  };
}

/** Only patterns that ripgrep certainly reads as we do (its `?` is a byte); all others are matched here alone. */
const SIMPLE = /^(?:[\w.\- *]|\{[\w.\- *]+(?:,[\w.\- *]+)*\})+$/;

function prefilterFor(lastSegment: string | undefined): readonly string[] {
  if (lastSegment === undefined || lastSegment.includes('**') || !SIMPLE.test(lastSegment))
    return [];
  // As a file type, unlike as a --glob, it narrows what the ignore files leave.
  return [`--type-add=wanted:${lastSegment}`, '--type=wanted'];
}

function compile(given: string, expression: string): RE2JS {
  try {
    return RE2JS.compile(expression, RE2JS.DOTALL);
  } catch (error) {
    throw new Refusal(`The pattern ${quote(given)} is not a valid file pattern.`, { cause: error });
  }
}

interface Translation {
  readonly expression: string;
  /** The pattern after its last slash; undefined if it is unclear which slash that is. */
  readonly lastSegment: string | undefined;
}

function translate(given: string, pattern: string): Translation {
  let expression = '';
  let braces = 0;
  let lastStart: number | undefined = 0;
  let at = 0;
  while (at < pattern.length) {
    const piece = nextPiece(given, pattern, { at, braces });
    expression += piece.expression;
    braces += piece.braces;
    at += piece.length;
    if (braces < 0) throw new Refusal(`The pattern ${quote(given)} has a "}" without its "{".`);
    if (piece.slash === 'plain') lastStart = braces === 0 ? at : undefined;
    if (piece.slash === 'hidden') lastStart = undefined;
  }
  if (braces > 0) throw unclosed(given, '{');
  return {
    expression,
    lastSegment: lastStart === undefined ? undefined : pattern.slice(lastStart),
  };
}

interface Piece {
  readonly expression: string;
  readonly length: number;
  /** By how much the nesting of braces changes. */
  readonly braces: number;
  /** Whether the piece ends a segment, or may match a slash in another way. */
  readonly slash: 'none' | 'plain' | 'hidden';
}

function nextPiece(
  given: string,
  pattern: string,
  state: { readonly at: number; readonly braces: number },
): Piece {
  const rest = pattern.slice(state.at);
  const plain = { braces: 0, slash: 'none' } as const;
  const stars = /^\*+/.exec(rest)?.[0].length ?? 0;
  if (stars > 0) {
    const inBraces = state.braces > 0;
    const opens = state.at === 0 || (inBraces ? /[/{,]$/ : /\/$/).test(pattern.slice(0, state.at));
    const segment = stars === 2 && opens;
    if (segment && rest[2] === '/')
      return { ...plain, expression: '(?:.*/)?', length: 3, slash: 'plain' };
    const ends = rest[2] === undefined || (inBraces && /[,}]/.test(rest[2]));
    return { ...plain, expression: segment && ends ? '.*' : '[^/]*', length: stars };
  }
  if (rest.startsWith('[')) {
    const end = classEnd(rest);
    if (end === undefined) throw unclosed(given, '[');
    const content = rest.slice(1, end);
    const slash = content.includes('/') ? 'hidden' : 'none';
    return { ...plain, expression: characterClass(content), length: end + 1, slash };
  }
  const escaped = rest.startsWith('\\');
  const [character = ''] = escaped ? rest.slice(1) : rest;
  const length = character.length + (escaped ? 1 : 0);
  if (escaped) {
    if (character === '') throw new Refusal(`The pattern ${quote(given)} ends with a backslash.`);
    const slash = character === '/' ? 'hidden' : 'none';
    return { ...plain, expression: RE2JS.quote(character), length, slash };
  }
  if (character === '?') return { ...plain, expression: '[^/]', length };
  if (character === '{') return { ...plain, expression: '(?:', length, braces: 1 };
  if (character === '}') return { ...plain, expression: ')', length, braces: -1 };
  if (character === ',' && state.braces > 0) return { ...plain, expression: '|', length };
  const slash = character === '/' ? 'plain' : 'none';
  return { ...plain, expression: RE2JS.quote(character), length, slash };
}

/** Where the class at the beginning closes; a `]` that comes first in it is one of its characters. */
function classEnd(rest: string): number | undefined {
  const first = /^\[[!^]/.test(rest) ? 2 : 1;
  const end = rest.indexOf(']', first + 1);
  return end === -1 ? undefined : end;
}

function characterClass(content: string): string {
  const negated = /^[!^]/.test(content);
  const members = (negated ? content.slice(1) : content).replace(/[\\[\]^&~]/g, String.raw`\$&`);
  // A class never matches the separator.
  return negated ? `[^/${members}]` : `[${members}]`;
}

function unclosed(given: string, bracket: string): Refusal {
  return new Refusal(
    `The pattern ${quote(given)} has a ${quote(bracket)} that is never closed; a literal one is written ${quote(`\\${bracket}`)}.`,
  );
}
