import type { Position, SymbolInformation } from '../lsp/queries.ts';
import { placeOf, type ProjectFile } from '../project/place.ts';
import type { Project } from '../project/project.ts';

/** A declaration in a file of the project. */
export interface Declaration {
  readonly name: string;
  /** The class, function or the like that it is in. */
  readonly container: string | undefined;
  readonly file: ProjectFile;
  readonly uri: string;
  /** Of its name. */
  readonly position: Position;
}

/** None for a symbol that is not the project's own. */
export function toDeclarations(project: Project, symbol: SymbolInformation): Declaration[] {
  const { uri, range } = symbol.location;
  const file = placeOf(project, uri);
  if (file.kind !== 'project') return [];
  const { name, containerName = '' } = symbol;
  const container = containerName === '' ? undefined : containerName;
  return [{ name, container, file, uri, position: range.start }];
}

/** How a declaration is named in a message: `src/index.ts:7`. */
export function spotOf({ file, position }: Pick<Declaration, 'file' | 'position'>): string {
  return `${file.path}:${position.line + 1}`;
}
