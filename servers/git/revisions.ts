/** From what a call names to object ids: every other command gets only these, and no option can hide in one. */
import { MAX_CANDIDATES, MAX_REF_CHARS } from './limits.ts';
import { succeeded } from './outcome.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import type { Repository } from './repository.ts';
import { suggest } from './suggestions.ts';

/** The id of the commit that a ref (branch, tag, id, `HEAD~2`, …) names. Throws a Refusal with refs that may be meant. */
export async function resolveCommit(
  repository: Repository,
  ref: string,
  signal: AbortSignal,
): Promise<string> {
  checkRef(ref);
  const id = await parseRevision(repository, `${ref}^{commit}`, signal);
  return id ?? (await refuse(repository, ref, signal));
}

/** The commit that HEAD is, or undefined before the first one. */
export async function headCommit(
  repository: Repository,
  signal: AbortSignal,
): Promise<string | undefined> {
  return await parseRevision(repository, 'HEAD^{commit}', signal);
}

/** The id of a tree with nothing in it, what a first commit is compared with. It depends on how the repository hashes. */
export async function emptyTree(repository: Repository, signal: AbortSignal): Promise<string> {
  const end = await repository.read(['hash-object', '-t', 'tree', '--stdin'], signal);
  return succeeded('git hash-object', end).toString().trim();
}

/** What `log` starts from: one commit, or a range `a..b` or `a...b`, in ids. */
export async function resolveRange(
  repository: Repository,
  ref: string,
  signal: AbortSignal,
): Promise<string> {
  const [, left, dots, right] = /^([^{]*?)(\.{2,3})([^{]*)$/.exec(ref) ?? [];
  if (left === undefined || dots === undefined || right === undefined) {
    return await resolveCommit(repository, ref, signal);
  }
  const resolve = async (side: string) =>
    await resolveCommit(repository, side === '' ? 'HEAD' : side, signal);
  const [from, to] = await Promise.all([resolve(left), resolve(right)]);
  return `${from}${dots}${to}`;
}

function checkRef(ref: string): void {
  if (ref === '')
    throw new Refusal(
      'The ref is empty. Name a branch, a tag or a commit; HEAD is the current one.',
    );
  if (ref.length > MAX_REF_CHARS) {
    throw new Refusal(`The ref is longer than ${MAX_REF_CHARS} characters.`);
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (ref.includes('\0') || /^[-:]|[\x00-\x20\x7f]/.test(ref.replace(/\{.*\}/, '{}'))) {
    throw new Refusal(
      `${quote(ref)} is no ref: name a branch, a tag or a commit, like "main", "v1.2", "a1b2c3d" or "HEAD~2".`,
    );
  }
}

async function parseRevision(
  repository: Repository,
  revision: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const end = await repository.read(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', revision],
    signal,
  );
  const id = end.output.toString().trim();
  return end.code === 0 && /^[0-9a-f]{40,64}$/.test(id) ? id : undefined;
}

async function refuse(repository: Repository, ref: string, signal: AbortSignal): Promise<never> {
  if ((await parseRevision(repository, ref, signal)) !== undefined) {
    throw new Refusal(
      `${quote(ref)} is a file or folder, not a commit. Give the commit as ref and the file as path.`,
    );
  }
  if (ref.includes('..')) {
    throw new Refusal(
      `${quote(ref)} is not one commit. Only log takes a range; for what changed between two commits use diff with from and to.`,
    );
  }
  const names = await refNames(repository, signal);
  const near = suggest(ref, names);
  if (near.length > 0) {
    throw new Refusal(`There is no ref ${quote(ref)}. Near it: ${near.map(quote).join(', ')}.`);
  }
  if ((await headCommit(repository, signal)) === undefined) {
    throw new Refusal(`There is no ref ${quote(ref)}: the current branch has no commits yet.`);
  }
  const some = names.slice(0, 10).map(quote).join(', ');
  throw new Refusal(
    `There is no ref ${quote(ref)} here, or the history does not reach that far back.` +
      (some === '' ? '' : ` Refs: ${some}${names.length > 10 ? ', …' : ''}.`),
  );
}

/** Branches, tags and remote branches, those with the latest commits first. */
async function refNames(repository: Repository, signal: AbortSignal): Promise<string[]> {
  const end = await repository.read(
    [
      'for-each-ref',
      `--count=${MAX_CANDIDATES}`,
      '--sort=-creatordate',
      '--format=%(refname:short)',
      'refs/heads',
      'refs/tags',
      'refs/remotes',
    ],
    signal,
  );
  return end.output.toString().split('\n').slice(0, -1);
}
