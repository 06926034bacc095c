import * as z from 'zod';
import { MIN_PROGRESS_MS } from '../limits.ts';
import { pause } from '../pause.ts';
import { type CallContext, answered, defineTool, READ } from '../tool.ts';
import { msField } from './fields.ts';

export const sleep = defineTool({
  name: 'sleep',
  title: 'Sleep',
  description:
    'Answer after a given time; with progress_every_ms, tell the progress meanwhile. Ends at once when cancelled.',
  effect: READ,
  input: z.strictObject({
    ms: msField().describe('How long, in milliseconds'),
    progress_every_ms: msField()
      .min(MIN_PROGRESS_MS)
      .optional()
      .describe('Send a progress notification every so many milliseconds. Default: none'),
  }),
  output: z.object({ slept_ms: z.number() }),
  answer: async ({ ms, progress_every_ms: step }, context) => {
    await sleepInSteps(ms, step ?? ms, context);
    return answered(`Slept ${ms} ms.`, { slept_ms: ms });
  },
});

async function sleepInSteps(ms: number, step: number, context: CallContext): Promise<void> {
  const start = performance.now();
  for (let until = step; until < ms; until += step) {
    // By the clock, so that late timers do not add up.
    await pause(Math.max(0, start + until - performance.now()), context.signal);
    await context.progress(until, ms);
  }
  await pause(Math.max(0, start + ms - performance.now()), context.signal);
}
