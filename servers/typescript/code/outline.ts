/** What is declared where in one file: enough to say in which function a place is. */
import type { DocumentSymbol, Position } from '../lsp/queries.ts';
import { clip } from '../../shared/refusal.ts';
import type { SourceText } from './source-text.ts';

/** The numbers that the language server protocol has for kinds of symbols. */
const KIND = { method: 6, constructor: 9, function: 12 } as const;
const CALLABLE: ReadonlySet<number> = new Set(Object.values(KIND));
const TYPES: ReadonlySet<number> = new Set([2, 3, 5, 10, 11]); // module, namespace, class, enum, interface
const VALUES: ReadonlySet<number> = new Set([7, 8, 13, 14]); // property, field, variable, constant

const MAX_CALLBACK_CHARS = 80;

/** How much of a value is looked at to see whether it is a function. */
const MAX_HEAD_CHARS = 2000;

/** How far a name can be seen. */
export type Reach = 'module' | 'member' | 'local';

export class Outline {
  readonly #symbols: readonly DocumentSymbol[];
  readonly #source: SourceText;

  constructor(symbols: readonly DocumentSymbol[], source: SourceText) {
    this.#symbols = symbols;
    this.#source = source;
  }

  /** The declaration whose name begins at this position. */
  declaredAt(position: Position): DocumentSymbol | undefined {
    return this.#pathTo(position).find(({ selectionRange }) =>
      isSame(selectionRange.start, position),
    );
  }

  /** The names that are declared in this line. */
  declaredIn(line: number): readonly DocumentSymbol[] {
    const found: DocumentSymbol[] = [];
    const open = [...this.#symbols];
    for (const symbol of open) {
      if (symbol.selectionRange.start.line === line) found.push(symbol);
      open.push(...symbol.children);
    }
    return found;
  }

  /**
   * The function, method or the like that the position is in, with the classes around it: `Host.#batch`. For a place
   * in callbacks only, what the innermost is given to: `test("adds")`.
   */
  functionAround(position: Position): string | undefined {
    const around = this.#pathTo(position).filter(
      ({ selectionRange }) => !isSame(selectionRange.start, position),
    );
    const last = around.findLastIndex((symbol) => this.#isFunction(symbol, position));
    if (last < 0) return callbackOf(around);
    return around
      .slice(0, last + 1)
      .filter((symbol) => TYPES.has(symbol.kind) || this.#isFunction(symbol, position))
      .map(({ name }) => name)
      .join('.');
  }

  /** How far the name that is declared at this position can be seen. */
  reachOf(position: Position): Reach {
    const path = this.#pathTo(position);
    const at = path.findIndex(({ selectionRange }) => isSame(selectionRange.start, position));
    const [own, parent] = [path[at], path[at - 1]];
    // A parameter, or what is not in the outline for another reason.
    if (own === undefined) return path.length > 0 ? 'local' : 'module';
    if (path.slice(0, at).some(({ kind }) => CALLABLE.has(kind))) return 'local';
    if (parent === undefined || (TYPES.has(parent.kind) && isNamespace(parent))) return 'module';
    const isValue = VALUES.has(own.kind) || CALLABLE.has(own.kind);
    const isInFunction = this.#isFunction(parent, own.selectionRange.start);
    return isInFunction && isValue && !isMember(own) ? 'local' : 'member';
  }

  /** The declarations around a position, from the outside in. */
  #pathTo(position: Position): DocumentSymbol[] {
    const path: DocumentSymbol[] = [];
    for (let level = this.#symbols; ;) {
      const next = level.find(({ range }) => contains(range, position));
      if (next === undefined) return path;
      path.push(next);
      level = next.children;
    }
  }

  /** A named function, or something that has been given one: `const run = () => …`. Callbacks have no name to speak of. */
  #isFunction({ kind, name, selectionRange }: DocumentSymbol, position: Position): boolean {
    if (CALLABLE.has(kind)) return /^[#\w$\u0080-\uFFFF]+$/.test(name);
    if (!VALUES.has(kind)) return false;
    const from = this.#source.offsetOf(selectionRange.end);
    const to = Math.min(this.#source.offsetOf(position), from + MAX_HEAD_CHARS);
    return isFunctionHead(this.#source.text.slice(from, to));
  }
}

/** What stands behind a name that is given a function: ` = async (a) => …`, `: function () …`. */
function isFunctionHead(text: string): boolean {
  const [, begin] =
    /^[^=]{0,300}?[=:]\s*(?:async\b\s*)?(function\b|[\w$]+\s*=>|[(<])/.exec(text) ?? [];
  if (begin === undefined) return false;
  return !/^[(<]/.test(begin) || text.includes('=>');
}

const CALLBACK = / callback$/;

function callbackOf(around: readonly DocumentSymbol[]): string | undefined {
  const name = around.findLast((symbol) => CALLBACK.test(symbol.name))?.name;
  return name === undefined ? undefined : clip(name.replace(CALLBACK, ''), MAX_CALLBACK_CHARS);
}

function isNamespace({ kind }: DocumentSymbol): boolean {
  return kind === 2 || kind === 3;
}

function isMember({ kind }: DocumentSymbol): boolean {
  return kind === KIND.method || kind === 7 || kind === 8;
}

function isSame(a: Position, b: Position): boolean {
  return a.line === b.line && a.character === b.character;
}

function contains({ start, end }: DocumentSymbol['range'], position: Position): boolean {
  return !isBefore(position, start) && !isBefore(end, position);
}

function isBefore(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}
