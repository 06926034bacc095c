/**
 * With which environment git is started.
 *
 * H1. Where the repository is, is decided by the working directory alone: variables that a surrounding git (a hook, an
 *     alias) has set for itself are not handed on.
 * H2. A read runs no program that the repository names. Command line options switch off external diffs and textconv;
 *     the settings here, which beat every config file, switch off the rest. They travel as GIT_CONFIG_KEY_n, not as
 *     `-c name=value`: the name of a filter may contain `=`.
 * H3. Nothing waits for a person: no prompt, no pager, no editor.
 * H4. A read takes no lock that somebody else's git could stumble over.
 */
import path from 'node:path';

/** A setting that beats all config files. */
type Setting = readonly [key: string, value: string];

/** Who commits, and which config files are the user's own, is not the repository's business: these stay. */
const KEPT = new Set([
  'GIT_ASKPASS',
  'GIT_AUTHOR_DATE',
  'GIT_AUTHOR_EMAIL',
  'GIT_AUTHOR_NAME',
  'GIT_CEILING_DIRECTORIES',
  'GIT_COMMITTER_DATE',
  'GIT_COMMITTER_EMAIL',
  'GIT_COMMITTER_NAME',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_CONFIG_SYSTEM',
  'GIT_DISCOVERY_ACROSS_FILESYSTEM',
  'GIT_EXEC_PATH',
  // What hooks may need to reach other machines.
  'GIT_SSH',
  'GIT_SSH_COMMAND',
]);

const READ_SETTINGS: readonly Setting[] = [
  // Empty is "no" to every git; before 2.36, `false` would have been a program of that name.
  ['core.fsmonitor', ''],
  ['core.hooksPath', '/dev/null'],
  ['core.alternateRefsCommand', ''],
  ['log.showSignature', 'false'],
  // Names and messages as they are, and one form of output whatever the repository prefers.
  ['core.quotePath', 'false'],
  ['color.ui', 'false'],
  ['log.follow', 'false'],
  ['grep.patternType', 'default'],
];

/** Commits leave no housekeeping behind that would outlive this server. */
const WRITE_SETTINGS: readonly Setting[] = [
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
];

export interface ReadSetting {
  /** Names of the filters that are to do nothing. */
  readonly filters?: readonly string[];
  /** Another index file than the repository's. */
  readonly index?: string;
}

/** For commands that look. `top` is the folder they run in: git looks for a repository nowhere above it (H1). */
export function readEnvironment(
  top: string | undefined,
  setting: ReadSetting = {},
): NodeJS.ProcessEnv {
  return {
    ...ownEnvironment(top),
    ...settings([...READ_SETTINGS, ...(setting.filters ?? []).flatMap(idleFilter)]),
    ...(setting.index === undefined ? {} : { GIT_INDEX_FILE: setting.index }),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    // A partial clone fetches what it lacks, through whatever program its config names (H2).
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
  };
}

/** For commands that change the repository: hooks, filters and signing programs find what they would find elsewhere. */
export function writeEnvironment(top: string): NodeJS.ProcessEnv {
  return { ...ownEnvironment(top), ...settings(WRITE_SETTINGS), GIT_EDITOR: ':', GIT_PAGER: 'cat' };
}

function ownEnvironment(top: string | undefined): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    const kept =
      !name.startsWith('GIT_') || KEPT.has(name) || /^GIT_CONFIG_(KEY|VALUE)_/.test(name);
    if (kept) environment[name] = value;
  }
  return {
    ...environment,
    GIT_TERMINAL_PROMPT: '0',
    ...(top === undefined ? {} : { GIT_CEILING_DIRECTORIES: path.dirname(top) }),
  };
}

function idleFilter(name: string): readonly Setting[] {
  return [
    [`filter.${name}.clean`, ''],
    [`filter.${name}.smudge`, ''],
    [`filter.${name}.process`, ''],
    [`filter.${name}.required`, 'false'],
  ];
}

function settings(list: readonly Setting[]): NodeJS.ProcessEnv {
  // Settings that the user has put into the environment come first: of two with one name the last one counts.
  const given = Number(process.env['GIT_CONFIG_COUNT'] ?? '0');
  const first = Number.isSafeInteger(given) && given > 0 ? given : 0;
  const environment: NodeJS.ProcessEnv = { GIT_CONFIG_COUNT: String(first + list.length) };
  for (const [index, [key, value]] of list.entries()) {
    environment[`GIT_CONFIG_KEY_${first + index}`] = key;
    environment[`GIT_CONFIG_VALUE_${first + index}`] = value;
  }
  return environment;
}
