import { MAX_CHANGED_FILES, MAX_PATCH_BYTES } from './limits.ts';
import { succeeded } from './outcome.ts';
import type { ReadOptions, Repository } from './repository.ts';

const CHANGES = {
  A: 'added',
  C: 'copied',
  D: 'deleted',
  M: 'modified',
  R: 'renamed',
  T: 'type changed',
  U: 'unmerged',
} as const;

export const CHANGE_NAMES = [...new Set(Object.values(CHANGES))] as const;

export interface ChangedFile {
  readonly path: string;
  readonly change: (typeof CHANGES)[keyof typeof CHANGES];
  /** Its former path, if it was renamed or copied. */
  readonly from?: string;
  /** Lines; absent for a binary file. */
  readonly added?: number;
  readonly removed?: number;
}

export interface Changes {
  readonly files: readonly ChangedFile[];
  readonly patch: string;
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

/** No program of the repository's choice (H2), and one form of output whatever its config prefers. */
const DIFF = [
  'diff',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--submodule=short',
  // Whether a submodule has changes of its own would be asked of a git in there, with the config in there.
  '--ignore-submodules=dirty',
  '--find-renames',
  '--no-relative',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '-O/dev/null',
];

export interface Comparison extends Omit<ReadOptions, 'maxBytes'> {
  /** Options of `git diff`, and the ids of commits or trees. */
  readonly args: readonly string[];
  /** `--` and what comes after it. */
  readonly paths: readonly string[];
}

/** What differs between the two things that are compared. */
export async function readChanges(
  repository: Repository,
  comparison: Comparison,
  signal: AbortSignal,
): Promise<Changes> {
  const { args, paths, ...options } = comparison;
  const rest = [...args, ...paths];
  const summary = [...DIFF, '--raw', '--numstat', '-z', ...rest];
  const list = await repository.read(summary, signal, options);
  const files = parseFiles(succeeded('git diff', list));
  const patch = await repository.read([...DIFF, '--patch', ...rest], signal, {
    ...options,
    maxBytes: MAX_PATCH_BYTES,
  });
  const text = wholeLines(succeeded('git diff', patch));
  const listed = files.slice(0, MAX_CHANGED_FILES);
  const notes: string[] = [];
  if (listed.length < files.length) {
    notes.push(
      `${files.length} files differ; the first ${listed.length} are listed. Ask for one path.`,
    );
  }
  if (patch.kind === 'enough') {
    notes.push(
      `The patch is longer than ${MAX_PATCH_BYTES} bytes and cut: ${countOf(text)} of ${files.length} files are in it, ` +
        'the last of them perhaps in part. Ask for one path, a folder or a file.',
    );
  }
  return {
    files: listed,
    patch: text,
    truncated: notes.length > 0 || list.kind === 'enough',
    notes,
  };
}

/** Reads what `git diff --raw --numstat -z` says: an entry for each file, then its numbers in the same form. */
function parseFiles(output: Buffer): ChangedFile[] {
  const fields = output.toString().split('\0').slice(0, -1);
  const files = new Map<string, ChangedFile>();
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at] ?? '';
    const entry = /^:.* ([A-Z])\d*$/.exec(field);
    const numbers = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(field);
    if (entry !== null) {
      const change = CHANGES[entry[1] as keyof typeof CHANGES] ?? 'modified';
      const moved = change === 'renamed' || change === 'copied';
      const [first = '', second = ''] = fields.slice(at + 1, at + 3);
      at += moved ? 2 : 1;
      const path = moved ? second : first;
      files.set(path, { path, change, ...(moved ? { from: first } : {}) });
    } else if (numbers !== null) {
      const [, added, removed, name = ''] = numbers;
      // An empty name: the former and the present one follow as fields of their own.
      const path = name === '' ? (fields[at + 2] ?? '') : name;
      if (name === '') at += 2;
      const file = files.get(path);
      if (file !== undefined && added !== '-') {
        files.set(path, { ...file, added: Number(added), removed: Number(removed) });
      }
    }
  }
  return [...files.values()];
}

/** A line for each file. */
export function renderFiles(files: readonly ChangedFile[]): string[] {
  return files.map((file) => {
    const lines = file.added === undefined ? 'binary' : `+${file.added} -${file.removed ?? 0}`;
    const from = file.from === undefined ? '' : ` (from ${file.from})`;
    return `  ${file.change.padEnd(8)} ${file.path}${from} ${lines}`;
  });
}

function wholeLines(output: Buffer): string {
  if (output.length < MAX_PATCH_BYTES) return output.toString();
  const lineEnd = output.lastIndexOf(0x0a);
  return output.subarray(0, lineEnd === -1 ? output.length : lineEnd + 1).toString();
}

/** How many files a patch begins. Lines of content start with a space, a plus or a minus. */
function countOf(patch: string): number {
  return patch.match(/^diff --/gm)?.length ?? 0;
}
