import * as z from 'zod';
import { defineTool, READ } from '../tool.ts';
import { textField } from './fields.ts';

const INTERNAL_ERROR = -32_603;

export const fail = defineTool({
  name: 'fail',
  title: 'Fail',
  description: 'Fail with a message: as a tool error, or as an error of the protocol.',
  effect: READ,
  input: z.strictObject({
    message: textField().default('This failed, as it was asked to.').describe('What to say'),
    how: z
      .enum(['tool-error', 'protocol-error'])
      .default('tool-error')
      .describe('tool-error: a result with isError; protocol-error: a JSON-RPC error'),
  }),
  answer: ({ message, how }) =>
    how === 'tool-error' ? { kind: how, message } : { kind: how, code: INTERNAL_ERROR, message },
});
