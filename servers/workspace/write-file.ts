import { holdDirectory, lastSegment, openFile, regularFileAt, statsAt } from './entries.ts';
import { applyEdits, type Edit, type EditedText } from './apply-edits.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import { replaceFile } from './replace-file.ts';
import { readWhole } from './text-file.ts';
import type { Workspace } from './workspace.ts';
import { canonicalFile, type WorkspacePath } from './workspace-path.ts';

export interface Written {
  readonly path: string;
  readonly created: boolean;
  readonly bytes: number;
}

/** Creates the file, or replaces all of its content; folders that are missing are made. */
export async function writeFile(
  workspace: Workspace,
  request: { readonly path: string; readonly content: string },
  signal: AbortSignal,
): Promise<Written> {
  const target = writable(workspace, request.path);
  const bytes = encode(target, request.content);
  return await workspace.locks.run(target.text, async () => {
    signal.throwIfAborted();
    await using directory = await holdDirectory(workspace.root, target, {
      depth: target.segments.length - 1,
      create: true,
    });
    const previous = await regularFileAt(workspace.root, directory, target);
    await replaceFile({
      directory,
      name: lastSegment(target),
      bytes,
      previous,
      beforeRename: async () => signal.throwIfAborted(),
    });
    return { path: target.text, created: previous === undefined, bytes: bytes.length };
  });
}

/**
 * Replaces passages of a file. Edits of one file take turns in this process. Of another process's change between our
 * reading and our renaming, all but the very last moment before the rename is noticed and refused.
 */
export async function editFile(
  workspace: Workspace,
  request: { readonly path: string; readonly edits: readonly Edit[] },
  signal: AbortSignal,
): Promise<Omit<EditedText, 'text'> & { readonly path: string; readonly bytes: number }> {
  const target = writable(workspace, request.path);
  return await workspace.locks.run(target.text, async () => {
    signal.throwIfAborted();
    await using file = await openFile(workspace.root, target);
    const original = await readWhole(file.handle, target.text, file.stats.size);
    const { text, ...summary } = applyEdits(target.text, original, request.edits);
    const bytes = encode(target, text);
    await using directory = await holdDirectory(workspace.root, target, {
      depth: target.segments.length - 1,
    });
    const name = lastSegment(target);
    await replaceFile({
      directory,
      name,
      bytes,
      previous: file.stats,
      beforeRename: async () => {
        signal.throwIfAborted();
        const now = await statsAt(directory, name);
        if (
          now?.ino !== file.stats.ino ||
          now.dev !== file.stats.dev ||
          now.mtimeNs !== file.stats.mtimeNs
        ) {
          throw new Refusal(
            `${quote(target.text)} was changed by somebody else during the edit; nothing was written. Read it again.`,
          );
        }
      },
    });
    return { path: target.text, bytes: bytes.length, ...summary };
  });
}

function writable(workspace: Workspace, given: string): WorkspacePath {
  const target = canonicalFile(workspace.root, given);
  // `git~1` is the short name that Windows gives to `.git`.
  if (target.segments.some((segment) => /^(?:\.git|git~\d+)$/i.test(segment))) {
    throw new Refusal(
      `${quote(given)} is in git's own folder, which this server does not write to.`,
    );
  }
  return target;
}

function encode(target: WorkspacePath, content: string): Buffer {
  const bytes = Buffer.from(content);
  if (bytes.length > MAX_FILE_BYTES) {
    throw new Refusal(
      `${quote(target.text)} would have ${bytes.length} bytes; this server writes files of at most ${MAX_FILE_BYTES} bytes.`,
    );
  }
  if (bytes.toString() !== content) {
    throw new Refusal(
      `The content for ${quote(target.text)} is not well-formed Unicode; nothing was written.`,
    );
  }
  return bytes;
}
