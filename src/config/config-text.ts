import { createScanner, findNodeAtLocation, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { HostError } from '../base/errors.ts';

/** The way to a value: keys of objects and places in lists. */
export type Path = readonly (string | number)[];

/** A place in a text, both 1-based, columns in UTF-16 units; both 0 in a config without a text. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A key that an object has twice; `path` ends in it, `position` is that of the second. */
export interface DuplicateKey {
  readonly path: Path;
  readonly position: Position;
}

/** A config's value, and where its parts stand in the text. */
export interface ConfigDocument {
  /** How messages name the config: the file's path, or `config` for one that was given as an object. */
  readonly name: string;
  readonly value: unknown;
  readonly duplicates: readonly DuplicateKey[];
  /** Where the value at `path`, or the key that leads to it, begins; for a path that is not there, its nearest ancestor that is. */
  readonly locate: (path: Path, part: 'key' | 'value') => Position;
}

/** Deeper nesting is no config; the parsers below are recursive. */
const MAX_DEPTH = 64;

/** Reads JSON with comments and trailing commas. Throws HostError `config` with line and column. */
export function parseConfigText(text: string, name: string): ConfigDocument {
  const positionAt = positions(text);
  const fail = (offset: number, what: string): never => {
    const { line, column } = positionAt(offset);
    throw new HostError('config', `${name}:${String(line)}:${String(column)}: ${what}`, {
      details: { file: name, line, column },
    });
  };
  const deep = offsetDeeperThan(text, MAX_DEPTH);
  if (deep !== undefined) fail(deep, `nests deeper than ${String(MAX_DEPTH)} levels`);

  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined && root === undefined && error.offset >= text.length) {
    fail(0, 'the config is empty; the least config is {"mcpServers": {}}');
  }
  if (error !== undefined) fail(error.offset, `is not valid JSON: ${wordsFor(error)}`);

  const duplicates: DuplicateKey[] = [];
  const visit = (node: Node, path: Path): unknown => {
    if (node.type === 'array') {
      return (node.children ?? []).map((child, index) => visit(child, [...path, index]));
    }
    if (node.type !== 'object') return node.value;
    const fields = new Map<string, unknown>();
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? [];
      if (key === undefined || value === undefined) continue;
      const word = String(key.value);
      const at = [...path, word];
      if (fields.has(word)) duplicates.push({ path: at, position: positionAt(key.offset) });
      fields.set(word, visit(value, at));
    }
    // Unlike an assignment, this makes an own property of a key named `__proto__`.
    return Object.fromEntries(fields);
  };
  const value = root === undefined ? undefined : visit(root, []);

  return {
    name,
    value,
    duplicates,
    locate: (path, part) => {
      if (root === undefined) return positionAt(0);
      for (let length = path.length; length > 0; length -= 1) {
        const node = findNodeAtLocation(root, path.slice(0, length));
        if (node === undefined) continue;
        const key = node.parent?.type === 'property' ? node.parent.children?.[0] : undefined;
        // What is missing is reported at the key of the object that should have it.
        const wanted = part === 'key' || length < path.length ? (key ?? node) : node;
        return positionAt(wanted.offset);
      }
      return positionAt(root.offset);
    },
  };
}

/** A config that was given as an object: copied, so that later changes to the object change nothing. Throws HostError `config` if JSON cannot hold it. */
export function configFromObject(input: object): ConfigDocument {
  const name = 'config';
  let copy: unknown;
  try {
    copy = JSON.parse(JSON.stringify(input, onlyJson));
  } catch (reason) {
    throw new HostError('config', `${name}: ${HostError.from(reason).message}`, { cause: reason });
  }
  return { name, value: copy, duplicates: [], locate: () => ({ line: 0, column: 0 }) };
}

/** What JSON would drop or turn into null silently. `Infinity` may become null: there null means "no limit", elsewhere it is refused. */
function onlyJson(key: string, value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol' || Number.isNaN(value)) {
    throw new HostError('config', `"${key}" cannot be written as JSON: it is ${String(value)}`);
  }
  return value;
}

/** Where the text first nests deeper than `limit`: found without recursion. */
function offsetDeeperThan(text: string, limit: number): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  while (true) {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    if (offset >= text.length) return undefined;
    const first = text[offset];
    if (first === '{' || first === '[') depth += 1;
    else if (first === '}' || first === ']') depth -= 1;
    if (depth > limit) return offset;
  }
}

function positions(text: string): (offset: number) => Position {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/gu)) starts.push(match.index + match[0].length);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

const WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol:
    'this is neither a value nor a key; keys and texts take double quotes ("…"), other values are numbers, true, false, null, { } or [ ]',
  InvalidNumberFormat: 'this number is malformed',
  PropertyNameExpected: 'a key in double quotes ("…") is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a ":" is expected between a key and its value',
  CommaExpected: 'a "," is missing before this',
  CloseBraceExpected: 'a closing "}" is missing',
  CloseBracketExpected: 'a closing "]" is missing',
  EndOfFileExpected: 'there is something after the end of the config',
  InvalidCommentToken: 'this comment is malformed',
  UnexpectedEndOfComment: 'this comment is never closed; add "*/"',
  UnexpectedEndOfString: 'this text is not closed on its line; add the closing double quote',
  UnexpectedEndOfNumber: 'this number is not complete',
  InvalidUnicode: 'this \\u escape needs four hexadecimal digits',
  InvalidEscapeCharacter: 'this text has an unknown escape; a backslash itself is written \\\\',
  InvalidCharacter: 'this text has a raw control character; write it as an escape such as \\t',
};

function wordsFor(error: ParseError): string {
  const code = printParseErrorCode(error.error);
  return WORDS[code] ?? code;
}
