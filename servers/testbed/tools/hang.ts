import * as z from 'zod';
import { forever } from '../pause.ts';
import { defineTool, READ } from '../tool.ts';

export const hang = defineTool({
  name: 'hang',
  title: 'Hang',
  description: 'Never answer. Ends when cancelled.',
  effect: READ,
  input: z.strictObject({}),
  answer: async (_, { signal }) => await forever(signal),
});
