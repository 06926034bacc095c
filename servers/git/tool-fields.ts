/** Parts that the tools' schemas share. */
import * as z from 'zod';
import { CHANGE_NAMES } from './changed-files.ts';

export const narrowingPath = z
  .string()
  .optional()
  .describe(
    'Only this file or folder, relative to the top of the repository, such as src/index.ts',
  );

export function refField(what: string) {
  return z
    .string()
    .describe(`${what}: a branch, tag or commit, such as main, v1.2, a1b2c3d or HEAD~2`);
}

export const firstLine = z
  .int()
  .min(1)
  .optional()
  .describe('First line to return, from 1. Default: 1');
export const lastLine = z.int().min(1).optional().describe('Last line to return. Default: the end');

export const truncated = z.boolean().describe('Whether something asked for is missing or cut');

/** A commit, as `log` and `show` give it. */
export const commitFields = {
  commit: z.string().describe('Full id'),
  parents: z.array(z.string()),
  author: z.string(),
  email: z.string(),
  date: z.string().describe('When it was written: ISO 8601'),
  committed: z.string().describe('When it was committed as it is now: ISO 8601'),
  subject: z.string(),
  body: z.string(),
  refs: z.array(z.string()).describe('Branches and tags that point at it'),
};

export const changedFile = z.object({
  path: z.string(),
  change: z.enum(CHANGE_NAMES),
  from: z.string().optional().describe('Former path, if renamed or copied'),
  added: z.number().optional().describe('Lines; absent for a binary file'),
  removed: z.number().optional(),
});

export const statusEntries = z.array(
  z.object({
    path: z.string(),
    change: z.string(),
    from: z.string().optional().describe('Former path, if renamed or copied'),
  }),
);
