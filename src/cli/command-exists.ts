import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/**
 * Whether a command that is to be started in `cwd` is there and may be run: a bare name is looked for on `path`. On Windows, where more than a file's name
 * decides, it is taken for granted.
 */
export function commandExists(command: string, cwd: string, path: string | undefined): boolean {
  if (process.platform === 'win32') return true;
  if (command.includes('/')) return isExecutable(resolve(cwd, command));
  return (path ?? '').split(delimiter).some((folder) => isExecutable(join(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Not there, or not for us: either way it cannot be started.
    return false;
  }
}
