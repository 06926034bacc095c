/** Parts that the tools' schemas share. */
import * as z from 'zod';

/**
 * The arguments that tell which record a call is about, for hosts that order conflicting calls by them:
 * calls with different values of these never touch the same file (P2 in workspace-path.ts).
 */
export const PATH_IS_KEY = { 'mcp-fanout/keys': ['path'] };

export const filePath = z
  .string()
  .describe(
    'File path relative to the workspace folder, with forward slashes, such as src/index.ts',
  );

export const folderPath = z
  .string()
  .optional()
  .describe(
    'Folder path relative to the workspace folder, such as src. Default: the whole workspace',
  );

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : noun.endsWith('h') ? 'es' : 's'}`;
}
