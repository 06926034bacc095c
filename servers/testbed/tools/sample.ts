import * as z from 'zod';
import { answered, defineTool } from '../tool.ts';
import { textField } from './fields.ts';

export const sample = defineTool({
  name: 'sample',
  title: 'Ask the model',
  description: 'Have the client’s model complete a prompt (sampling), and answer with its text.',
  effect: { kind: 'read', openWorld: true },
  input: z.strictObject({ prompt: textField().min(1).describe('The prompt') }),
  output: z.object({ text: z.string(), model: z.string() }),
  answer: ({ prompt }, { finding }) => {
    if (finding === undefined) return { kind: 'need', need: { kind: 'completion', prompt } };
    if (finding.kind !== 'completion') {
      return { kind: 'tool-error', message: 'The client answered, but not with a completion.' };
    }
    return answered(finding.text, { text: finding.text, model: finding.model });
  },
});
