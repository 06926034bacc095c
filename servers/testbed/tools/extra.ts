import * as z from 'zod';
import { answered, defineTool, READ, type Tool } from '../tool.ts';
import { textField } from './fields.ts';

/** What the descriptions of generated tools speak of, so that a search has something to tell apart. */
const SUBJECTS = [
  'invoices',
  'parcels',
  'recipes',
  'tides',
  'timetables',
  'lenses',
  'meadows',
  'bridges',
  'bakeries',
  'comets',
  'violins',
  'harbours',
  'orchards',
  'glaciers',
  'stamps',
  'lanterns',
  'beehives',
  'maps',
  'kites',
];
const ASPECTS = [
  'age',
  'colour',
  'cost',
  'weight',
  'origin',
  'length',
  'owner',
  'condition',
  'number',
  'name',
  'season',
  'temperature',
  'history',
  'insurance',
  'shape',
  'speed',
  'taste',
];

const INPUT = z.strictObject({ text: textField().default('').describe('Any text') });
const OUTPUT = z.object({ tool: z.string(), text: z.string() });

/** So many tools `tool_0001`, `tool_0002`, … that answer with their name and what they are given. */
export function extraTools(count: number): readonly Tool[] {
  return Array.from({ length: count }, (_, index) => extraTool(index));
}

function extraTool(index: number): Tool {
  const name = `tool_${String(index + 1).padStart(4, '0')}`;
  const aspect = ASPECTS[index % ASPECTS.length] ?? '';
  const subject = SUBJECTS[index % SUBJECTS.length] ?? '';
  return defineTool({
    name,
    title: `Tool ${index + 1}`,
    description: `A generated tool that stands for the ${aspect} of ${subject}. It answers with its name and the text given.`,
    effect: READ,
    input: INPUT,
    output: OUTPUT,
    answer: ({ text }) => answered(`${name}: ${text}`, { tool: name, text }),
  });
}
