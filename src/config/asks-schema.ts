import * as z from 'zod';
import { budget, count, filled } from './schema-values.ts';

// What servers may ask for while they work.

/** Of the whole host. */
export const samplingSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Whether servers may have the configured model answer while a call of them runs. It costs what the model costs, and the server reads the answer. Default false.',
      ),
    maxTokens: count
      .default(4096)
      .describe('Longest answer, in tokens (about 4 characters each). Default 4096.'),
    maxPerCall: count.default(5).describe('Most answers while one call runs. Default 5.'),
    maxInFlight: count
      .default(2)
      .describe('Most answers in the making at once, over all servers; more wait. Default 2.'),
    timeoutMs: budget
      .default(120_000)
      .describe('Longest an answer may take, in ms. Default 120000; null: no limit.'),
  })
  .prefault({})
  .describe('Sampling: what servers may have the model do for them.');

/** Of one server. */
export const serverSamplingSchema = z
  .exactOptional(z.boolean())
  .describe('Whether this server may have the model answer. Default: sampling.enabled.');

const folders = z.array(filled);

export const rootsSchema = folders
  .default([])
  .describe(
    'Folders that servers which are programs on this machine are told to work in, relative to this file. Some servers leave their own folders for these. Default: none, and they are told nothing.',
  );

export const serverRootsSchema = z
  .exactOptional(folders)
  .describe(
    'The folders that this server is told to work in, relative to this file; [] for none. Default: "roots" for a program, none for a server that is reached by a url.',
  );
