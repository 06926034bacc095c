import { type Changes, readChanges } from './changed-files.ts';
import { Refusal } from '../shared/refusal.ts';
import { pathArguments } from './repo-path.ts';
import type { Repository } from './repository.ts';
import { resolveCommit } from './revisions.ts';

export interface DiffRequest {
  readonly path?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly staged: boolean;
}

export interface Diff extends Changes {
  /** What is compared with what, in words. */
  readonly between: string;
}

/** What differs between two commits, or between a commit, the index and the work tree. */
export async function readDiff(
  repository: Repository,
  request: DiffRequest,
  signal: AbortSignal,
): Promise<Diff> {
  checkSides(request);
  const paths = pathArguments(repository, request.path);
  const { from, to, staged } = request;
  const ids: string[] = [];
  for (const ref of [from, to]) {
    if (ref !== undefined) ids.push(await resolveCommit(repository, ref, signal));
  }
  const between = describe(request);
  if (to !== undefined) {
    const args = ['--end-of-options', ...ids];
    return { ...(await readChanges(repository, { args, paths }, signal)), between };
  }
  // Without a commit to compare with, --cached takes the last one, or nothing before the first.
  const args = [
    ...(staged ? ['--cached'] : []),
    ...(ids.length > 0 ? ['--end-of-options', ...ids] : []),
  ];
  return await repository.withIndexCopy(async (index) => {
    const copy = index === undefined ? {} : { index };
    const comparison = { args, paths, worktree: true, ...copy };
    return { ...(await readChanges(repository, comparison, signal)), between };
  });
}

function checkSides({ from, to, staged }: DiffRequest): void {
  if (to !== undefined && from === undefined) {
    throw new Refusal('to needs from: the commit that it is compared with.');
  }
  if (to !== undefined && staged) {
    throw new Refusal(
      'staged compares with what is staged, so it goes with from, but not with to.',
    );
  }
}

function describe({ from, to, staged }: DiffRequest): string {
  if (to !== undefined) return `from ${from ?? ''} to ${to}`;
  if (staged) return `from ${from ?? 'the last commit'} to what is staged`;
  return from === undefined
    ? 'from what is staged to the work tree'
    : `from ${from} to the work tree`;
}
