import { randomUUID } from 'node:crypto';
import { constants, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { describe, HostError, systemCode } from '../base/errors.ts';
import { visible } from '../base/visible.ts';
import { findConfig, userConfigPath } from '../config/find.ts';
import { loadConfig } from '../config/load.ts';
import { trust } from '../config/trust.ts';
import type { CommonFlags, Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { firstConfig } from './first-config.ts';

export interface InitFlags extends CommonFlags {
  /** The user's own config instead of one in the current folder. */
  readonly user?: boolean;
  /** Replaces a config that is there, and keeps it as a backup. */
  readonly force?: boolean;
}

/** The name under which a config is found. */
const CONFIG_FILE = 'mcp.config.json';

/**
 * `init`: writes a first config that works as it is, and trusts it: who has it written here knows what it starts. A config that is there is never
 * overwritten; with `--force` it is kept as a backup beside the new one. Starts nothing. Resolves to the exit code.
 */
export async function init(context: Context, flags: InitFlags): Promise<number> {
  const { terminal, env } = context;
  const isOwn = flags.user === true;
  if (isOwn && flags.config !== undefined) {
    throw new HostError('usage', 'the place is named twice, with --user and --config: leave one');
  }
  const path = isOwn ? userConfigPath({ env }) : resolve(flags.config ?? CONFIG_FILE);
  const text = firstConfig(isOwn ? 'user' : 'folder');
  const backup = await write(path, text, { force: flags.force === true, isOwn });
  const { source } = await loadConfig(path, { env });
  await trust(source, { env });
  const rival = flags.config === undefined ? await chosenInstead(context, path) : undefined;
  if (flags.json === true) {
    terminal.json({ path, trusted: true, backup: backup ?? null });
    return EXIT.done;
  }
  const { strong, dim } = terminal.out;
  const named =
    rival === undefined && flags.config === undefined ? '' : ` --config ${visible(path)}`;
  const lines = [
    `${strong(visible(path))} is written, and trusted, for you wrote it yourself.`,
    ...(isOwn
      ? []
      : [dim('When it changes, whoever uses it is asked to trust it again: mcp-fanout trust')]),
    ...(backup === undefined ? [] : [`The one before it is kept: ${visible(backup)}`]),
    ...(rival === undefined ? [] : [`Without --config, ${visible(rival)} comes first.`]),
    '',
    strong('Try next'),
    `  mcp-fanout doctor${named}`,
    `  mcp-fanout tools${named}`,
    `  mcp-fanout run "Which files are here?"${named}`,
  ];
  terminal.result(`${lines.join('\n')}\n`);
  return EXIT.done;
}

interface WriteOptions {
  readonly force: boolean;
  readonly isOwn: boolean;
}

/** Resolves to the path of the backup, if there is one. Throws HostError `usage` for a file that is there, and where nothing can be written. */
async function write(
  path: string,
  text: string,
  options: WriteOptions,
): Promise<string | undefined> {
  try {
    if (options.isOwn) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const backup = options.force ? await backUp(path) : undefined;
    if (backup === undefined) await create(path, text);
    else await replace(path, text);
    return backup;
  } catch (reason) {
    if (systemCode(reason) === 'EEXIST') {
      const message = `${path} is there already, and is left as it is: look at it with mcp-fanout doctor, or have it replaced with --force, which keeps a backup`;
      throw new HostError('usage', message, { cause: reason });
    }
    throw new HostError('usage', `cannot write ${path}: ${describe(reason)}`, { cause: reason });
  }
}

/** Writes a file that must not be there: no link is followed, nothing is overwritten. */
async function create(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/** In one step: at no time is there half a config, or none. */
async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await create(draft, text);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Copies what is there to a name that is free; `undefined` where nothing is there. */
async function backUp(path: string): Promise<string | undefined> {
  for (let number = 1; ; number += 1) {
    const backup = number === 1 ? `${path}.backup` : `${path}.backup-${String(number)}`;
    try {
      await copyFile(path, backup, constants.COPYFILE_EXCL);
      return backup;
    } catch (reason) {
      if (systemCode(reason) === 'ENOENT') return undefined;
      if (systemCode(reason) !== 'EEXIST') throw reason;
    }
  }
}

/** The config that is used here without `--config`, if it is another. */
async function chosenInstead({ env }: Context, path: string): Promise<string | undefined> {
  const choice = await findConfig(undefined, { env });
  return choice.path === path ? undefined : choice.path;
}
