import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { HostError, systemCode } from '../base/errors.ts';
import type { VariableSource } from './variables.ts';

const CONFIG_FILE = 'mcp.config.json';

/** A config that is to be loaded. `named` on the command line and the `user`'s own are consented to; one that was only `found` must be trusted. */
export interface ConfigChoice {
  /** Absolute. */
  readonly path: string;
  readonly origin: 'named' | 'user' | 'found';
}

export interface FindOptions {
  /** Where the search upwards begins. Default: the process's. */
  readonly cwd?: string;
  /** Default: the process's. */
  readonly env?: VariableSource['env'];
  /** Default: the user's. */
  readonly home?: string;
}

/**
 * Chooses the config: the one that is named, else the user's own (`$XDG_CONFIG_HOME/mcp-fanout/mcp.config.json`), else the nearest `mcp.config.json`
 * from the working directory upwards. A named one is not looked for: loading it says what is wrong with it. Throws HostError `config` if there is none.
 */
export async function findConfig(
  named: string | undefined,
  options: FindOptions = {},
): Promise<ConfigChoice> {
  const cwd = resolve(options.cwd ?? process.cwd());
  if (named !== undefined) return { path: resolve(cwd, named), origin: 'named' };

  const own = userConfigPath(options);
  // One that may not be looked at is chosen, so that the error is about it; a folder above that may not be looked at is none of the user's.
  if (await isThere(own, true)) return { path: own, origin: 'user' };
  for (const directory of upwards(cwd)) {
    const path = join(directory, CONFIG_FILE);
    if (await isThere(path)) return { path, origin: 'found' };
  }
  const elsewhere = await configOfAnotherHost(cwd);
  const hint =
    elsewhere === undefined ? '' : ` ${elsewhere} is there: --config ${elsewhere} reads it.`;
  throw new HostError(
    'config',
    `no config was found: neither ${own}, nor a ${CONFIG_FILE} in ${cwd} or a folder above it. Begin with a working one: mcp-fanout init. Or name a file with --config PATH.${hint}`,
    { details: { looked: [own, join(cwd, CONFIG_FILE)] } },
  );
}

/** Where the user's own config is, whether or not it exists. */
export function userConfigPath(options: FindOptions = {}): string {
  return join(baseDirectory('XDG_CONFIG_HOME', '.config', options), 'mcp-fanout', CONFIG_FILE);
}

/** A base directory of the XDG specification, by which a relative value counts as not set. Throws HostError `config` where the user has no home folder either. */
export function baseDirectory(variable: string, fallback: string, options: FindOptions): string {
  const value = (options.env ?? process.env)[variable];
  if (value !== undefined && isAbsolute(value)) return value;
  return join(options.home ?? homeFolder(variable), fallback);
}

function homeFolder(variable: string): string {
  try {
    return homedir();
  } catch (cause) {
    const message = `this user has no home folder: set HOME, or ${variable}, to a folder`;
    throw new HostError('config', message, { cause });
  }
}

/** Folders and pipes do not count. `unsure`: for a path that may not be looked at. */
async function isThere(path: string, unsure = false): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (reason) {
    return unsure && !['ENOENT', 'ENOTDIR'].includes(systemCode(reason) ?? '');
  }
}

function* upwards(start: string): Generator<string> {
  let directory = start;
  for (;;) {
    yield directory;
    const parent = dirname(directory);
    if (parent === directory) return;
    directory = parent;
  }
}

/** A config of another host in this very folder: never read unasked, but worth a word. */
async function configOfAnotherHost(cwd: string): Promise<string | undefined> {
  for (const name of [
    '.mcp.json',
    'mcp.json',
    join('.vscode', 'mcp.json'),
    join('.cursor', 'mcp.json'),
  ]) {
    if (await isThere(join(cwd, name))) return relative(cwd, join(cwd, name));
  }
  return undefined;
}
