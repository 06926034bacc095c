import { readBackReferences, type BackReference } from './back-references.ts';
import { shapeOf, type Shape } from './shape.ts';
import {
  ARTICLES,
  INTRODUCING_WORDS,
  kindred,
  LOOKING_VERBS,
  POLITE_WORDS,
  QUESTION_WORDS,
  stem,
  STOP_WORDS,
  TIME_WORDS,
  wordsOf,
} from './words.ts';

/** One word, or one piece that looks like a value. */
export interface Token {
  readonly text: string;
  /** In lower case. */
  readonly word: string;
  readonly stem: string;
  readonly shape: Shape;
  readonly quoted: boolean;
  /** `7's orders` */
  readonly possessive: boolean;
  /** Which clause it belongs to, from 0. */
  readonly clause: number;
  /** Whether it begins its clause. */
  readonly first: boolean;
  /** Whether a punctuation mark stands before it. */
  readonly afterMark: boolean;
}

/** Something in the prompt that an argument may take. */
export interface Value {
  readonly text: string;
  readonly shape: Shape;
  readonly quoted: boolean;
  /** Its tokens, both included. */
  readonly from: number;
  readonly to: number;
  readonly clause: number;
  /** The preposition, or the like, before it. */
  readonly introducedBy: string | undefined;
}

export interface Prompt {
  readonly tokens: readonly Token[];
  /** Values that can be seen as such, in order. */
  readonly values: readonly Value[];
  /** Phrases of ordinary words that a preposition introduces: weaker, since any phrase may be one. */
  readonly phrases: readonly Value[];
  /** What its pronouns stand for. */
  readonly backReferences: readonly BackReference[];
  /** The words of each token: `new-york` has two. */
  readonly spoken: readonly (readonly string[])[];
  /** The stems of all meaningful words. */
  readonly stems: ReadonlySet<string>;
}

/** Longest part of a prompt that is looked at, in characters: whoever writes more wants a language model. */
const MAX_PROMPT = 8_000;

export function readPrompt(text: string): Prompt {
  const tokens = tokenize(text.slice(0, MAX_PROMPT));
  const values = readValues(tokens);
  const meaningful = tokens.filter(({ word, shape }) => shape === 'word' && !STOP_WORDS.has(word));
  const proper = values.filter(({ shape }) => shape === 'proper');
  return {
    tokens,
    values,
    phrases: readPhrases(tokens, values),
    backReferences: readBackReferences(tokens, values),
    spoken: tokens.map((token) => wordsOf(token.text)),
    stems: new Set(
      [...meaningful, ...proper.flatMap((value) => tokens.slice(value.from, value.to + 1))].map(
        (token) => token.stem,
      ),
    ),
  };
}

/** Whether only small polite words stand between the beginning of the clause and this word. */
export function beginsRequest(prompt: Prompt, at: number): boolean {
  for (let before = at; ; before -= 1) {
    const token = prompt.tokens[before];
    if (token === undefined) return true;
    if (before !== at && !POLITE_WORDS.has(token.word)) return false;
    if (token.first) return true;
  }
}

/** Quoted words, addresses, marks, and everything between spaces. Each alternative is bounded or linear. */
const PIECE =
  /"([^"\n]{1,500})"|“([^”\n]{1,500})”|`([^`\n]{1,500})`|(?<![\p{L}\p{N}])'([^'\n]{1,500})'(?![\p{L}\p{N}])|(https?:\/\/[^\s"'<>`]+)|([,;!?()[\]{}<>"“”`\n])|([^\s,;!?()[\]{}<>"“”`]+)/gu;

interface Piece {
  readonly text: string;
  readonly kind: 'quoted' | 'mark' | 'plain';
}

function cutPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const match of text.matchAll(PIECE)) {
    const [, double, curly, code, single, url, mark, plain] = match;
    const quoted = double ?? curly ?? code ?? single;
    if (quoted !== undefined) pieces.push({ text: quoted.trim(), kind: 'quoted' });
    else if (mark !== undefined) pieces.push({ text: mark, kind: 'mark' });
    else pieces.push(...trimmed(url ?? plain ?? ''));
  }
  return pieces.filter((piece) => piece.text !== '');
}

/** A full stop or a colon at the end belongs to the sentence. */
function trimmed(text: string): Piece[] {
  const body = text.replace(/[.:…'’]+$/u, '');
  const tail = text.slice(body.length);
  const pieces: Piece[] = /[\p{L}\p{N}*/]/u.test(body) ? [{ text: body, kind: 'plain' }] : [];
  return /[.:…]/u.test(tail) ? [...pieces, { text: tail.slice(0, 1), kind: 'mark' }] : pieces;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pieces = cutPieces(text);
  let clause = 0;
  let first = true;
  for (const [at, piece] of pieces.entries()) {
    if (piece.kind === 'mark') {
      if (endsClause(piece.text, pieces, at)) first = true;
      continue;
    }
    const text_ = piece.text.replace(/['’]s$/u, '');
    const word = text_.toLowerCase();
    if (!first && (word === 'and' || word === 'then') && beginsClause(pieces[at + 1])) first = true;
    if (first && tokens.length > 0) clause += 1;
    tokens.push({
      text: text_,
      word,
      stem: stem(word),
      shape: tokenShape(piece, text_, first),
      quoted: piece.kind === 'quoted',
      possessive: text_ !== piece.text,
      clause,
      first,
      afterMark: pieces[at - 1]?.kind === 'mark',
    });
    first = false;
  }
  return tokens;
}

function tokenShape(piece: Piece, text: string, first: boolean): Shape {
  const shape = /\s/u.test(text) ? 'text' : shapeOf(text);
  if (piece.kind === 'quoted') return shape === 'word' || shape === 'proper' ? 'text' : shape;
  if (shape === 'word' && ACRONYM.test(text)) return 'proper';
  if (shape !== 'word' || first || !/^\p{Lu}[\p{Ll}'’-]+$/u.test(text)) return shape;
  return STOP_WORDS.has(text.toLowerCase()) ? 'word' : 'proper';
}

const ACRONYM = /^\p{Lu}{2,6}$/u;

/** A comma in a list (`7, 8 and 9`) ends no clause. */
function endsClause(mark: string, pieces: readonly Piece[], at: number): boolean {
  if (mark !== ',') return /[.;!?\n]/u.test(mark);
  const next = pieces[at + 1];
  if (next === undefined) return true;
  const following = /^(?:and|then)$/iu.test(next.text) ? pieces[at + 2] : next;
  return beginsClause(following);
}

function beginsClause(piece: Piece | undefined): boolean {
  if (piece?.kind !== 'plain') return false;
  const word = piece.text.toLowerCase();
  return QUESTION_WORDS.has(word) || IMPERATIVES.has(stem(word));
}

/** Verbs that make a new clause behind a comma or an `and`. */
const IMPERATIVES: ReadonlySet<string> = new Set([
  ...kindred(['read', 'search', 'list'].map(stem)),
  ...[...LOOKING_VERBS].map(stem),
  ...'add also close create delete edit give move remove rename run send set tell then update write'
    .split(' ')
    .map(stem),
]);

function readValues(tokens: readonly Token[]): Value[] {
  const values: Value[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || token.shape === 'word') continue;
    let to = at;
    // `New York` is one value.
    if (token.shape === 'proper') while (continuesName(token, tokens[to + 1])) to += 1;
    const text = tokens.slice(at, to + 1).map((part) => part.text);
    values.push({
      text: text.join(' '),
      shape: token.shape,
      quoted: token.quoted,
      from: at,
      to,
      clause: token.clause,
      introducedBy: introduction(tokens, at) ?? inherited(tokens, values.at(-1), at),
    });
    at = to;
  }
  return values;
}

function continuesName(start: Token, next: Token | undefined): boolean {
  return next?.shape === 'proper' && next.clause === start.clause;
}

/** The word before a value that introduces it, articles left aside. */
function introduction(tokens: readonly Token[], at: number): string | undefined {
  let before = at - 1;
  while (ARTICLES.has(tokens[before]?.word ?? '')) before -= 1;
  const word = tokens[before]?.word;
  return word !== undefined && INTRODUCING_WORDS.has(word) ? word : undefined;
}

/** `in Paris and London`: what introduces the first of several values introduces the others. */
function inherited(
  tokens: readonly Token[],
  previous: Value | undefined,
  at: number,
): string | undefined {
  if (previous === undefined || previous.shape !== tokens[at]?.shape) return undefined;
  const between = tokens.slice(previous.to + 1, at);
  const isList =
    between.every(({ word }) => word === 'and' || word === 'or') &&
    previous.clause === tokens[at].clause;
  return isList ? previous.introducedBy : undefined;
}

/** Ordinary words behind a preposition, up to the next small word, time or value; a phrase that leads to a value is only its noun. */
function readPhrases(tokens: readonly Token[], values: readonly Value[]): Value[] {
  const taken = new Set(values.flatMap(({ from, to }) => [from, to]));
  const phrases: Value[] = [];
  for (const [at, token] of tokens.entries()) {
    if (!INTRODUCING_WORDS.has(token.word) || token.quoted) continue;
    let from = at + 1;
    while (ARTICLES.has(tokens[from]?.word ?? '')) from += 1;
    let to = from;
    while (continuesPhrase(token, tokens[to])) to += 1;
    const leadsToValue = taken.has(to) && tokens[to]?.clause === token.clause;
    if (to === from || leadsToValue) continue;
    phrases.push({
      text: tokens
        .slice(from, to)
        .map((part) => part.text)
        .join(' '),
      shape: 'text',
      quoted: false,
      from,
      to: to - 1,
      clause: token.clause,
      introducedBy: token.word,
    });
  }
  return phrases;
}

function continuesPhrase(introducing: Token, token: Token | undefined): boolean {
  return (
    token !== undefined &&
    token.shape === 'word' &&
    token.clause === introducing.clause &&
    !STOP_WORDS.has(token.word) &&
    !TIME_WORDS.has(token.word)
  );
}
