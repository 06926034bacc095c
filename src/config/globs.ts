import picomatch from 'picomatch';
import { describe, HostError } from '../base/errors.ts';

const MAX_LENGTH = 256;

/** What is wrong with a glob, for people; `undefined` for a good one. */
export function globFault(glob: string): string | undefined {
  if (glob === '') return 'is empty';
  if (glob.length > MAX_LENGTH) return `is longer than ${String(MAX_LENGTH)} characters`;
  if (glob.startsWith('!')) {
    return 'begins with "!", but these globs have no negation; use the list that means the opposite';
  }
  try {
    picomatch.makeRe(plain(glob), { ...OPTIONS, debug: true });
  } catch (reason) {
    return `is no glob: ${describe(reason)}`;
  }
  return undefined;
}

/**
 * Compiles globs into a function that gives the first one that matches a name. `*` matches any characters, `.` and `/` included: a tool's name is no path.
 * `?`, `[…]` and `{a,b}` work as usual; a glob also matches the name that is spelled like it. Throws HostError `usage` for a glob that is none.
 */
export function compileGlobs(globs: readonly string[]): (name: string) => string | undefined {
  const matchers = globs.map((glob) => {
    const fault = globFault(glob);
    // Never to be skipped: a glob that is left out of `deny` would allow.
    if (fault !== undefined)
      throw new HostError('usage', `the glob ${JSON.stringify(glob)} ${fault}`);
    return { glob, matches: picomatch(plain(glob), OPTIONS) };
  });
  if (matchers.length === 0) return () => undefined;
  return (name) => {
    const text = plain(name);
    return matchers.find(({ matches }) => matches(text))?.glob;
  };
}

/** `s`: a name may hold a line break, and `*` must not miss it. */
const OPTIONS = {
  bash: true,
  dot: true,
  nonegate: true,
  noextglob: true,
  posix: true,
  flags: 's',
} as const;

/** To picomatch `/`, `.` and `..` are parts of a path, which `*` treats specially (it never matches `..`): here they are plain characters. */
function plain(text: string): string {
  return text.replaceAll('/', '\uE000').replaceAll('.', '\uE001');
}
