import * as z from 'zod';
import { forever, pause } from '../pause.ts';
import { defineTool } from '../tool.ts';
import { msField } from './fields.ts';

const SIGNALS = ['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const;

export const crash = defineTool({
  name: 'crash',
  title: 'Crash',
  description:
    'End this server, with all its connections, calls and counters, without an answer. Cancelled in time, it does not.',
  effect: { kind: 'write', destructive: true, idempotent: false },
  input: z.strictObject({
    after_ms: msField().default(0).describe('When, in milliseconds. Default: 0, at once'),
    exit_code: z
      .int()
      .min(0)
      .max(255)
      .optional()
      .describe('Exit with this code. Default: 1, if no signal is given'),
    signal: z.enum(SIGNALS).optional().describe('End by this signal instead of exiting'),
  }),
  answer: async ({ after_ms: after, exit_code: code, signal: name }, { signal }) => {
    if (code !== undefined && name !== undefined) {
      return { kind: 'tool-error', message: 'Give exit_code or signal, not both.' };
    }
    await pause(after, signal);
    if (name === undefined) process.exit(code ?? 1);
    // The orderly end that SIGTERM brings otherwise would be no crash.
    process.removeAllListeners('SIGTERM');
    process.kill(process.pid, name);
    return await forever(signal);
  },
});
