import { MAX_STATUS_ENTRIES } from './limits.ts';
import { fieldsOf, succeeded } from './outcome.ts';
import { pathArguments } from './repo-path.ts';
import type { Repository } from './repository.ts';

const CHANGES = {
  A: 'added',
  C: 'copied',
  D: 'deleted',
  M: 'modified',
  R: 'renamed',
  T: 'type changed',
} as const;

const CONFLICTS = {
  AA: 'added on both sides',
  AU: 'added by us',
  DD: 'deleted on both sides',
  DU: 'deleted by us',
  UA: 'added by them',
  UD: 'deleted by them',
  UU: 'modified on both sides',
} as const;

interface StatusEntry {
  readonly path: string;
  /** What was done to it, in a word or three. */
  readonly change: string;
  /** Its former path, if it was renamed or copied. */
  readonly from?: string;
}

export interface Status {
  /** Undefined with a detached HEAD. */
  readonly branch?: string;
  /** The commit that HEAD is; undefined before the first one. */
  readonly commit?: string;
  readonly upstream?: string;
  /** Commits that the upstream lacks, and that it has in addition. */
  readonly ahead?: number;
  readonly behind?: number;
  readonly staged: readonly StatusEntry[];
  readonly unstaged: readonly StatusEntry[];
  readonly conflicts: readonly StatusEntry[];
  readonly untracked: readonly string[];
}

/** Options of `git status` for output that `parseStatus` reads. */
export const STATUS_OPTIONS = [
  '--porcelain=v2',
  '-z',
  '--branch',
  '--ahead-behind',
  '--untracked-files=all',
  '--ignore-submodules=dirty',
];

/** The state of the work tree and the index, and notes on what is not in it. */
export async function readStatus(
  repository: Repository,
  path: string | undefined,
  signal: AbortSignal,
): Promise<{ status: Status; truncated: boolean; notes: readonly string[] }> {
  const args = ['status', ...STATUS_OPTIONS, '--find-renames', ...pathArguments(repository, path)];
  const end = await repository.read(args, signal, { worktree: true });
  const status = parseStatus(fieldsOf(succeeded('git status', end)));
  const bounded = {
    ...status,
    staged: status.staged.slice(0, MAX_STATUS_ENTRIES),
    unstaged: status.unstaged.slice(0, MAX_STATUS_ENTRIES),
    conflicts: status.conflicts.slice(0, MAX_STATUS_ENTRIES),
    untracked: status.untracked.slice(0, MAX_STATUS_ENTRIES),
  };
  const truncated = end.kind === 'enough' || sizeOf(bounded) < sizeOf(status);
  return {
    status: bounded,
    truncated,
    notes: truncated
      ? [
          `There is more: of each kind the first ${MAX_STATUS_ENTRIES} are listed. Narrow it with path.`,
        ]
      : [],
  };
}

function sizeOf({ staged, unstaged, conflicts, untracked }: Status): number {
  return staged.length + unstaged.length + conflicts.length + untracked.length;
}

/** Reads `git status --porcelain=v2 --branch -z`. */
export function parseStatus(fields: readonly string[]): Status {
  const headers = new Map<string, string>();
  const staged: StatusEntry[] = [];
  const unstaged: StatusEntry[] = [];
  const conflicts: StatusEntry[] = [];
  const untracked: string[] = [];
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at] ?? '';
    const [kind = '', codes = ''] = field.split(' ', 2);
    if (kind === '#') headers.set(codes, field.slice(`# ${codes} `.length));
    if (kind === '?') untracked.push(field.slice(2));
    if (kind === 'u') conflicts.push({ path: after(field, 10), change: conflictName(codes) });
    if (kind !== '1' && kind !== '2') continue;
    const path = after(field, kind === '1' ? 8 : 9);
    const from = kind === '2' ? { from: fields[(at += 1)] ?? '' } : {};
    for (const [list, code] of [
      [staged, codes[0]],
      [unstaged, codes[1]],
    ] as const) {
      const change = CHANGES[code as keyof typeof CHANGES] as string | undefined;
      if (change === undefined) continue;
      list.push({ path, change, ...(code === 'R' || code === 'C' ? from : {}) });
    }
  }
  return { ...branchOf(headers), staged, unstaged, conflicts, untracked };
}

function branchOf(headers: ReadonlyMap<string, string>) {
  const [commit, branch] = [headers.get('branch.oid'), headers.get('branch.head')];
  const upstream = headers.get('branch.upstream');
  const [, ahead, behind] = /^\+(\d+) -(\d+)$/.exec(headers.get('branch.ab') ?? '') ?? [];
  return {
    ...(branch === undefined || branch === '(detached)' ? {} : { branch }),
    ...(commit === undefined || commit === '(initial)' ? {} : { commit }),
    ...(upstream === undefined ? {} : { upstream }),
    ...(ahead === undefined ? {} : { ahead: Number(ahead), behind: Number(behind) }),
  };
}

function conflictName(codes: string): string {
  return CONFLICTS[codes as keyof typeof CONFLICTS] ?? 'unmerged';
}

/** What comes after so many space-separated words: a path, which may contain spaces. */
function after(field: string, words: number): string {
  let at = 0;
  for (let word = 0; word < words; word += 1) at = field.indexOf(' ', at) + 1;
  return field.slice(at);
}

/** The status as a person reads it. */
export function renderStatus(status: Status): string {
  const parts = [
    ['Conflicts', status.conflicts.map(line)],
    ['Staged for the next commit', status.staged.map(line)],
    ['Changed, not staged', status.unstaged.map(line)],
    ['Not tracked', status.untracked.map((path) => `  ${path}`)],
  ] as const;
  const lists = parts
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [`${title}:`, ...lines].join('\n'));
  return [head(status), ...(lists.length > 0 ? lists : ['Nothing has changed.'])].join('\n');
}

function head(status: Status): string {
  const { branch, commit, upstream, ahead = 0, behind = 0 } = status;
  const where = branch === undefined ? `At ${commit ?? ''}, on no branch` : `On branch ${branch}`;
  const born = commit === undefined ? ', no commits yet' : '';
  if (upstream === undefined) return `${where}${born}.`;
  const apart = ahead + behind === 0 ? 'level with' : `${ahead} ahead of and ${behind} behind`;
  return `${where}${born}, ${apart} ${upstream}.`;
}

function line({ path, change, from }: StatusEntry): string {
  return `  ${change.padEnd(8)} ${path}${from === undefined ? '' : ` (from ${from})`}`;
}
