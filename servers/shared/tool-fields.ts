/** Parts that the tools' schemas of several servers share. */
import * as z from 'zod';

export const READS = { readOnlyHint: true, openWorldHint: false };

export const notes = z
  .array(z.string())
  .optional()
  .describe('What is not in this result, and how to get it');
