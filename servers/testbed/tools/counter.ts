import * as z from 'zod';
import { pause } from '../pause.ts';
import { answered, defineTool, READ, type Tool } from '../tool.ts';
import { msField } from './fields.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

/** A counter that is read and written in two steps, like a record in a file: called at once, increments get lost. */
export function counterTools(): readonly Tool[] {
  let counter = 0;
  const get = defineTool({
    name: 'counter_get',
    title: 'Get the counter',
    description: 'Tell the value of the counter. It starts at 0 and lives as long as this server.',
    effect: READ,
    input: z.strictObject({}),
    output: z.object({ value: z.number() }),
    answer: () => answered(`The counter is ${counter}.`, { value: counter }),
  });
  const increment = defineTool({
    name: 'counter_increment',
    title: 'Increment the counter',
    description:
      'Read the counter, wait, and write it back with an amount added. It takes no lock: of increments that run at the same time ' +
      'only the last one counts. A client that makes writes wait for each other loses none.',
    // It writes over whatever was written meanwhile.
    effect: { kind: 'write', destructive: true, idempotent: false },
    input: z.strictObject({
      by: z.int().min(-LARGEST).max(LARGEST).default(1).describe('How much to add. Default: 1'),
      delay_ms: msField()
        .default(0)
        .describe('How long to wait between reading and writing, in milliseconds. Default: 0'),
    }),
    output: z.object({ before: z.number(), after: z.number() }),
    answer: async ({ by, delay_ms: delay }, { signal }) => {
      const before = counter;
      await pause(delay, signal);
      const after = before + by;
      if (!Number.isSafeInteger(after)) {
        return { kind: 'tool-error', message: `${before} and ${by} are more than can be counted.` };
      }
      counter = after;
      return answered(`The counter was ${before} and is ${after}.`, { before, after });
    },
  });
  return [get, increment];
}
