import * as z from 'zod';
import { answered, defineTool } from '../tool.ts';
import { textField } from './fields.ts';

export const ask = defineTool({
  name: 'ask',
  title: 'Ask the user',
  description:
    'Ask the client’s user a question (elicitation), and answer with what the user says.',
  effect: { kind: 'read', openWorld: true },
  input: z.strictObject({ question: textField().min(1).describe('The question') }),
  output: z.object({
    action: z.enum(['accept', 'decline', 'cancel']),
    answer: z.string().optional().describe('What the user says, if anything'),
  }),
  answer: ({ question }, { finding }) => {
    if (finding === undefined) return { kind: 'need', need: { kind: 'question', question } };
    if (finding.kind === 'answer') {
      return answered(`The user says: ${finding.answer}`, {
        action: 'accept',
        answer: finding.answer,
      });
    }
    const action = finding.kind === 'no-answer' ? finding.action : 'cancel';
    return answered(`The user gave no answer (${action}).`, { action });
  },
});
