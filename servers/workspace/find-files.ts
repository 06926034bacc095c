import { holdDirectory, resolveInside } from './entries.ts';
import { compileGlob } from './glob.ts';
import { MAX_FOUND } from './limits.ts';
import { Refusal } from '../shared/refusal.ts';
import { relative } from './ripgrep-record.ts';
import { searchNotes } from './search-notes.ts';
import type { Workspace } from './workspace.ts';
import { loosePath } from './workspace-path.ts';

export interface FilesFound {
  /** Relative to the root, sorted. */
  readonly paths: readonly string[];
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

/** The files whose name or path matches a pattern; what ignore files exclude is left out. */
export async function findFiles(
  workspace: Workspace,
  request: { readonly pattern: string; readonly path: string | undefined },
  signal: AbortSignal,
): Promise<FilesFound> {
  const glob = compileGlob(request.pattern);
  const folder = await resolveInside(workspace.root, loosePath(workspace.root, request.path));
  await using directory = await holdDirectory(workspace.root, folder);
  const paths: string[] = [];
  const end = await workspace.ripgrep.run(
    {
      args: ['--files', '--null', ...glob.prefilter, '--', './'],
      cwd: directory.self,
      separator: 0,
      onRecord: (record) => {
        // No path is as long as that.
        if (record === undefined) return true;
        const found = relative(record.toString());
        if (!glob.matches(found)) return true;
        if (paths.length === MAX_FOUND) return false;
        paths.push([...folder.segments, found].join('/'));
        return true;
      },
    },
    signal,
  );
  if (end.code === 2 && paths.length === 0 && end.messages !== '') {
    throw new Refusal(`The files could not be listed: ${end.messages.trim()}`);
  }
  return {
    paths,
    truncated: end.kind !== 'finished',
    notes: searchNotes(end, { overlong: 0, limit: `the first ${MAX_FOUND} files are shown` }),
  };
}
