import path from 'node:path';
import { MAX_PATH_CHARS } from './limits.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import type { Repository } from './repository.ts';

/**
 * What a path in a call means: relative to the top of the work tree, forward slashes, without `.` and empty parts.
 * The empty string is the top itself. Throws a Refusal for one that is outside.
 */
export function repoPath(repository: Repository, given: string): string {
  if (given === '') throw new Refusal('The path is empty. The top of the repository is ".".');
  if (given.length > MAX_PATH_CHARS) {
    throw new Refusal(`The path is longer than ${MAX_PATH_CHARS} characters.`);
  }
  if (given.includes('\0')) throw new Refusal(`${quote(given)} contains a NUL byte.`);
  const relative = path.isAbsolute(given) ? path.relative(repository.top, given) : given;
  const segments = slashed(relative)
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..') || path.isAbsolute(relative)) {
    throw new Refusal(
      `${quote(given)} is not taken: paths are relative to the top of the repository, without "..", like "src/index.ts".`,
    );
  }
  return segments.join('/');
}

/** A path as git's command line takes it after `--`: literally, whatever characters it contains. */
export function pathspec(repoPath: string): string {
  return `:(top,literal)${repoPath}`;
}

/** A path, if one is given, as the last arguments of a command. */
export function pathArguments(repository: Repository, given: string | undefined): string[] {
  return given === undefined ? ['--'] : ['--', pathspec(repoPath(repository, given))];
}

function slashed(text: string): string {
  // Elsewhere a backslash is an ordinary character of a name.
  return process.platform === 'win32' ? text.replaceAll('\\', '/') : text;
}
