/**
 * What a reference does, by the text around it. The compiler has told that it is one; what kind it does not tell, and
 * the few tokens beside a name do: `name(`, `new Name(`, `<Name />`, `import { name }`.
 */

export const REFERENCE_KINDS = [
  'call',
  'jsx',
  'definition',
  'declaration',
  'import',
  'export',
  'comment',
  'use',
] as const;

/**
 * `definition` is where the symbol itself is defined, `declaration` another declaration of the same name, such as the
 * method of a class that implements an interface; `jsx` is an element in JSX.
 */
export type ReferenceKind = (typeof REFERENCE_KINDS)[number];

export interface Mention {
  readonly text: string;
  /** Where the name begins and ends. */
  readonly start: number;
  readonly end: number;
  /** The symbol is defined here. */
  readonly isDefinition: boolean;
  /** Something of this name is declared here. */
  readonly isDeclaration: boolean;
  /** The file may hold JSX. */
  readonly hasJsx: boolean;
}

/** How far around a name is looked, in characters. */
const MAX_STATEMENT = 20_000;
const MAX_TYPE_ARGUMENTS = 500;

export function kindOf(mention: Mention): ReferenceKind {
  if (mention.isDefinition) return 'definition';
  const { text, start } = mention;
  if (isInTag(mention.text, start)) return 'comment';
  const specifier = specifierKind(text, start);
  if (specifier !== undefined) return specifier;
  const next = afterName(text, mention.end);
  // `{ name }` and `{ name, … }` use the name, whether they take apart or put together.
  if (mention.isDeclaration && !/^[,})\]]/.test(next)) return 'declaration';
  if (mention.hasJsx && isElement(text, start)) return 'jsx';
  return isCalled(next) || text[start - 1] === '@' ? 'call' : 'use';
}

function lineBefore(text: string, start: number): string {
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
}

/** Behind `{@link`, `@see` and the like, in a comment: decorators look the same elsewhere. */
function isInTag(text: string, start: number): boolean {
  const line = lineBefore(text, start);
  if (!/@\w+[ \t]+\{?[\w.#$]*$/.test(line)) return false;
  return /^\s*\*|\/\//.test(line) || text.lastIndexOf('/*', start) > text.lastIndexOf('*/', start);
}

const IMPORTING = /^import\b(?:\s+type\b)?[\w$\s,*\u0080-\uFFFF]*(?:\{[\w$\s,"'\u0080-\uFFFF]*)?$/;
const EXPORTING = /^export\b(?:\s+type\b)?\s*(?:\{[\w$\s,"'\u0080-\uFFFF]*|\*\s*as\s+)$/;

/** `import` or `export` for a name in the braces of such a statement, or beside them. */
function specifierKind(text: string, start: number): 'import' | 'export' | undefined {
  const before = text.slice(Math.max(0, start - MAX_STATEMENT), start);
  const index = Array.from(
    before.matchAll(/\b(?:import|export)\b/g),
    (match) => match.index,
  ).findLast((at) => isStatementStart(before, at));
  if (index === undefined) return undefined;
  const statement = before.slice(index).replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, ' ');
  if (IMPORTING.test(statement)) return 'import';
  return EXPORTING.test(statement) ? 'export' : undefined;
}

/** Whether only the end of another statement is before. */
function isStatementStart(text: string, at: number): boolean {
  return /(?:^|[\n\r;}])[ \t]*$/.test(text.slice(Math.max(0, at - 200), at));
}

/** The text behind the name, without space and comments. */
function afterName(text: string, end: number): string {
  return text
    .slice(end, end + MAX_TYPE_ARGUMENTS)
    .replace(/^(?:\s+|\/\*[^]*?\*\/|\/\/[^\n]*)+/, '');
}

/** `(`, `?.(`, `!(`, `<T>(`, and a template. */
function isCalled(next: string): boolean {
  const rest = next.replace(/^!?\s*(?:\?\.)?\s*/, '');
  if (/^[(`]/.test(rest)) return true;
  if (!rest.startsWith('<')) return false;
  const behind = behindTypeArguments(rest);
  return behind !== undefined && /^\s*[(`]/.test(behind);
}

/** What is behind the `>` that belongs to the `<` at the beginning; undefined for what is no list of types. */
function behindTypeArguments(text: string): string | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '<') depth += 1;
    else if (character === '>' && text[at - 1] !== '=') depth -= 1;
    else if (/[;+*/%^~@\\]/.test(character) || /^(?:&&|\|\|)/.test(text.slice(at, at + 2))) {
      return undefined;
    }
    if (depth === 0) return text.slice(at + 1);
  }
  return undefined;
}

/** `<Name`, where the `<` cannot begin type arguments. */
function isElement(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - 200), start).replace(/[\w$.]+$/, '');
  return /(?:^|[^\w$)\]])<$/.test(before);
}
