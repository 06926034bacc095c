/**
 * The lexical half of path safety: what a path given by a model means, before anything is opened.
 *
 * P1. No path with a NUL byte, with `..` or with a beginning outside the root gets past this file.
 * P2. One file has one spelling. The tools that declare `path` as their record key take only the canonical
 *     one: relative to the root, forward slashes, no `.`, `..` or empty segments, no trailing slash, well-formed
 *     Unicode. What only the file system knows (symlinks, letter case) is checked where entries are opened.
 */
import path from 'node:path';
import { MAX_PATH_CHARS } from './limits.ts';
import { quote, Refusal } from '../shared/refusal.ts';
import { segmentsBelow, type Root } from './root.ts';

/** A path below the root, in canonical spelling. */
export interface WorkspacePath {
  /** `src/a.ts`; the empty string is the root itself. */
  readonly text: string;
  readonly segments: readonly string[];
}

export function joinPath(segments: readonly string[]): WorkspacePath {
  return { text: segments.join('/'), segments };
}

/** How a path is named in results and messages. */
export function shown(text: string): string {
  return text === '' ? '.' : text;
}

/** The path of a file in its canonical spelling; any other spelling is refused by naming this one (P2). */
export function canonicalFile(root: Root, given: string): WorkspacePath {
  const parsed = parse(root, given);
  if (parsed.text === '') {
    throw new Refusal(`${quote(given)} is the workspace folder itself; name a file in it.`);
  }
  if (parsed.text !== given) {
    throw new Refusal(
      `${quote(given)} is not written as this tool needs it: use ${quote(parsed.text)} ` +
        '(relative to the workspace, forward slashes, no "." or ".." or empty parts).',
    );
  }
  return parsed;
}

/** The path of a file or folder in any spelling without `..`; nothing given is the root. */
export function loosePath(root: Root, given: string | undefined): WorkspacePath {
  if (given === undefined) return joinPath([]);
  const parsed = parse(root, given);
  if (slashed(given).split('/').includes('..')) {
    throw new Refusal(`${quote(given)} contains "..": use ${quote(shown(parsed.text))}.`);
  }
  return parsed;
}

function parse(root: Root, given: string): WorkspacePath {
  if (given === '') throw new Refusal('The path is empty. The workspace folder itself is ".".');
  if (given.length > MAX_PATH_CHARS) {
    throw new Refusal(`The path is longer than ${MAX_PATH_CHARS} characters.`);
  }
  if (given.includes('\0')) throw new Refusal(`${quote(given)} contains a NUL byte.`);
  // Two different unpaired surrogates would be one and the same file name once encoded (P2).
  if (Buffer.from(given).toString() !== given) {
    throw new Refusal(`${quote(given)} is not well-formed Unicode.`);
  }
  const relative = path.isAbsolute(given) ? relativeToRoot(root, given) : given;
  const segments: string[] = [];
  for (const segment of slashed(relative).split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') {
      checkSegment(given, segment);
      segments.push(segment);
    } else if (segments.pop() === undefined) {
      throw outside(given);
    }
  }
  return joinPath(segments);
}

function relativeToRoot(root: Root, given: string): string {
  const absolute = path.resolve(given);
  const segments = segmentsBelow(root.real, absolute) ?? segmentsBelow(root.named, absolute);
  if (segments === undefined) throw outside(given);
  return segments.join('/');
}

export function outside(given: string): Refusal {
  return new Refusal(
    `${quote(given)} is outside the workspace. Paths are relative to the workspace folder, like "src/index.ts".`,
  );
}

function slashed(text: string): string {
  // Elsewhere a backslash is an ordinary character of a name.
  return process.platform === 'win32' ? text.replaceAll('\\', '/') : text;
}

function checkSegment(given: string, segment: string): void {
  // Windows reads `a.txt::$DATA`, `a.txt.` and `a.txt ` as other spellings of `a.txt` (P2).
  if (process.platform === 'win32' && /[<>:"|?*]|[. ]$/.test(segment)) {
    throw new Refusal(`${quote(given)} contains a name that Windows does not allow.`);
  }
}
