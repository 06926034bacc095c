import * as z from 'zod';
import { answered, defineTool, READ } from '../tool.ts';
import { textField } from './fields.ts';

export const echo = defineTool({
  name: 'echo',
  title: 'Echo',
  description: 'Answer with the text given.',
  effect: READ,
  input: z.strictObject({ text: textField().describe('Any text') }),
  output: z.object({ text: z.string() }),
  answer: ({ text }) => answered(text, { text }),
});
