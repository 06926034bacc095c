import { MAX_DECLARATIONS, MAX_EXCERPT_CHARS, MAX_EXCERPT_LINES } from '../limits.ts';
import { type Definition, definitions, type Range } from '../lsp/queries.ts';
import { plural } from '../plural.ts';
import { placeOf } from '../project/place.ts';
import { clip, quote, Refusal } from '../../shared/refusal.ts';
import type { Asking } from './asking.ts';
import { signatureAt } from './signature.ts';
import { readSource, type SourceText } from './source-text.ts';
import type { Target } from './targets.ts';

/** A place where a symbol is defined: in the project with its text, elsewhere by name only. */
export type DefinitionPlace =
  | {
      readonly kind: 'project';
      /** What is defined there, and what it is: `function`, `class` … */
      readonly name: string;
      readonly what: string;
      readonly path: string;
      /** From 1. */
      readonly line: number;
      readonly column: number;
      /** The declaration, or as much of it as is shown. */
      readonly code: string;
    }
  | { readonly kind: 'foreign'; readonly name: string };

/** Where a symbol is defined. Rejects with a Refusal for what is defined nowhere, such as a keyword. */
export async function findDefinition(
  asking: Asking,
  target: Target,
): Promise<readonly DefinitionPlace[]> {
  const defined = await definitions(asking.session, target, asking.signal);
  if (defined.length === 0) {
    const { file, position, name } = target;
    throw new Refusal(
      `TypeScript knows no definition of ${quote(name)} at ${file.path}:${position.line + 1}:${position.character + 1}.`,
    );
  }
  return await Promise.all(
    defined.slice(0, MAX_DECLARATIONS).map(async (one) => await show(asking, one)),
  );
}

async function show(asking: Asking, { uri, whole, name }: Definition): Promise<DefinitionPlace> {
  const place = placeOf(asking.server.project, uri);
  if (place.kind === 'foreign') return place;
  const [source, signature] = await Promise.all([
    readSource(place.absolute),
    signatureAt(asking, { uri, position: name.start }),
  ]);
  const { line, character } = name.start;
  return {
    kind: 'project',
    name: source?.slice(name) ?? '',
    what: signature?.kind ?? 'symbol',
    path: place.path,
    line: line + 1,
    column: character + 1,
    code: source === undefined ? '' : excerptOf(source, whole),
  };
}

/** From the beginning of the first line, so that the indentation is the one of the file. */
function excerptOf(source: SourceText, { start, end }: Range): string {
  const lines = source.slice({ start: { line: start.line, character: 0 }, end }).split(/\r?\n/);
  const shown = clip(lines.slice(0, MAX_EXCERPT_LINES).join('\n'), MAX_EXCERPT_CHARS);
  const more = lines.length - MAX_EXCERPT_LINES;
  return more > 0 ? `${shown}\n… ${plural(more, 'more line')}` : shown;
}
