import { distance } from 'fastest-levenshtein';
import { compareText } from '../compare-text.ts';
import { MAX_NEAREST } from '../limits.ts';
import { workspaceSymbols } from '../lsp/queries.ts';
import { isDeclarationFile } from '../project/place.ts';
import type { Asking } from './asking.ts';
import { type Declaration, spotOf, toDeclarations } from './declaration.ts';
import type { SymbolName } from './symbol-name.ts';

/** Names that one may have meant: in another class, of another case, or with a typing error. The nearest first. */
export async function nearestNames(
  asking: Asking,
  { name, container }: SymbolName,
): Promise<string[]> {
  // The language server finds names that have all letters of the query: with half of them a mistake in the other
  // half does not matter.
  const middle = Math.ceil(name.length / 2);
  const queries = new Set([name, name.slice(0, middle), name.slice(middle)]);
  const { session, server, signal } = asking;
  const answers = await Promise.all(
    Array.from(queries, async (query) => await workspaceSymbols(session, query, signal)),
  );
  const wanted = name.toLowerCase();
  const most = Math.max(2, Math.floor(name.length / 3));
  const near = answers
    .flat()
    .flatMap((symbol) => toDeclarations(server.project, symbol))
    .map((one) => ({ one, far: distance(one.name.toLowerCase(), wanted) }))
    .filter(({ one, far }) => far <= most || one.name.toLowerCase().includes(wanted))
    .toSorted(
      (a, b) =>
        a.far - b.far ||
        Number(b.one.container === container) - Number(a.one.container === container) ||
        Number(isDeclarationFile(a.one.file.path)) - Number(isDeclarationFile(b.one.file.path)) ||
        compareText(a.one.file.path, b.one.file.path) ||
        a.one.position.line - b.one.position.line,
    );
  const byName = new Map<string, string>();
  for (const { one } of near) {
    const name = fullName(one);
    if (!byName.has(name)) byName.set(name, `${name} (${spotOf(one)})`);
  }
  return [...byName.values()].slice(0, MAX_NEAREST);
}

function fullName({ container, name }: Declaration): string {
  return container === undefined ? name : `${container}.${name}`;
}
