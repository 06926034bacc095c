import { setImmediate as turn } from 'node:timers/promises';
import * as z from 'zod';
import { MAX_FLOOD_KB, MAX_FLOOD_LINES } from '../limits.ts';
import { type CallContext, answered, defineTool, READ } from '../tool.ts';

/** With the line end. */
const LINE_BYTES = 64;
const LINES_PER_TURN = 256;

export const flood = defineTool({
  name: 'flood',
  title: 'Flood',
  description:
    'Write many lines to stderr, or send as many log messages (which reach a client that wants level info). ' +
    'A stderr that nobody reads stops this server until somebody does.',
  effect: READ,
  input: z.strictObject({
    lines: z.int().min(1).max(MAX_FLOOD_LINES).optional().describe('How many lines'),
    kb: z
      .int()
      .min(1)
      .max(MAX_FLOOD_KB)
      .optional()
      .describe('Or how many KiB, in lines of 64 bytes'),
    to: z.enum(['stderr', 'log']).describe('stderr, or log notifications'),
  }),
  output: z.object({ to: z.string(), lines: z.number(), bytes: z.number() }),
  answer: async ({ lines, kb, to }, context) => {
    if ((lines === undefined) === (kb === undefined)) {
      return { kind: 'tool-error', message: 'Give either lines or kb.' };
    }
    const count = lines ?? ((kb ?? 0) * 1024) / LINE_BYTES;
    await (to === 'stderr' ? floodStderr(count, context.signal) : floodLog(count, context));
    const bytes = count * LINE_BYTES;
    return answered(`Wrote ${count} lines of ${LINE_BYTES} bytes to ${to}.`, {
      to,
      lines: count,
      bytes,
    });
  },
});

async function floodStderr(count: number, signal: AbortSignal): Promise<void> {
  for (let from = 0; from < count; from += LINES_PER_TURN) {
    const lines = Array.from({ length: Math.min(LINES_PER_TURN, count - from) }, (_, index) =>
      lineOf(from + index + 1, count),
    );
    process.stderr.write(`${lines.join('\n')}\n`);
    // Others get their turn, and a cancellation is heard.
    await turn(undefined, { signal });
  }
}

async function floodLog(count: number, context: CallContext): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    await context.log(lineOf(number, count));
    if (number % LINES_PER_TURN === 0) await turn(undefined, { signal: context.signal });
  }
}

/** A line that tells which one it is, without its end. */
function lineOf(number: number, count: number): string {
  return `flood ${number} of ${count} `.padEnd(LINE_BYTES - 1, '.');
}
