import { MAX_SYMBOL_CHARS } from '../limits.ts';
import { quote, Refusal } from '../../shared/refusal.ts';

/** A name as it was asked for: `runBatch`, `Host.runBatch`, `#pending`. */
export interface SymbolName {
  readonly text: string;
  /** Its last part. */
  readonly name: string;
  /** The part before, if there is one: the class, interface, namespace or the like. */
  readonly container: string | undefined;
}

const PART = /^#?[\p{ID_Start}$_][\p{ID_Continue}$\u200C\u200D]*$/u;

/** Reads a name; call parentheses, quotes and type parameters are not minded. Throws a Refusal for what is none. */
export function parseSymbol(given: string): SymbolName {
  if (given.length > MAX_SYMBOL_CHARS) {
    throw new Refusal(`The symbol is longer than ${MAX_SYMBOL_CHARS} characters.`);
  }
  const text = given
    .trim()
    .replace(/^[`'"]|[`'"]$/g, '')
    .replace(/(?:<[^()]*>)?\([^()]*\)$|<[^()]*>$/, '')
    .replace(/\.prototype\./g, '.')
    .replace(/(\w)#(?=[\p{ID_Start}$_])/gu, '$1.');
  const parts = text.split('.');
  const name = parts.at(-1) ?? '';
  if (!parts.every((part) => PART.test(part))) {
    throw new Refusal(
      `${quote(given)} is no name. symbol takes one name as it stands in the code, such as "runBatch" or "Host.runBatch".`,
    );
  }
  return { text, name, container: parts.at(-2) };
}
