import * as z from 'zod';
import { MAX_BIG_BYTES } from '../limits.ts';
import { answered, defineTool, READ, type Reply } from '../tool.ts';
import { pngOf } from './png.ts';

const ITEM_BYTES = 64;

export const big = defineTool({
  name: 'big',
  title: 'Big answer',
  description:
    'Answer with much data: text, structured content, or an image. The same arguments give the same data.',
  effect: READ,
  input: z.strictObject({
    bytes: z
      .int()
      .min(0)
      .max(MAX_BIG_BYTES)
      .describe(
        'How much: of text; of structured content as JSON; of the image file, which has at least 87',
      ),
    kind: z.enum(['text', 'structured', 'image']).describe('What kind of data'),
  }),
  output: z.object({
    kind: z.string(),
    bytes: z.number().describe('As many as there are'),
    items: z.array(z.string()).optional().describe('The data, if it is structured'),
  }),
  answer: ({ bytes, kind }) => ANSWERS[kind](bytes),
});

const ANSWERS: Record<'text' | 'structured' | 'image', (bytes: number) => Reply> = {
  text: (bytes) => answered(textOf(bytes), { kind: 'text', bytes }),
  structured: (bytes) => {
    const data = structureOf(bytes);
    return answered(`${data.items.length} items as structured content.`, data);
  },
  image: (bytes) => {
    const file = pngOf(bytes);
    return {
      kind: 'answer',
      content: [{ type: 'image', data: file.toString('base64'), mimeType: 'image/png' }],
      data: { kind: 'image', bytes: file.length },
    };
  },
};

/** Numbered lines, the last one cut. */
function textOf(bytes: number): string {
  const count = Math.ceil(bytes / ITEM_BYTES);
  const lines = Array.from({ length: count }, (_, index) => `${itemOf(index, ITEM_BYTES - 1)}\n`);
  return lines.join('').slice(0, bytes);
}

interface Structure {
  readonly kind: string;
  readonly bytes: number;
  readonly items: readonly string[];
}

/** Data whose JSON has so many bytes, or as few as it can. */
function structureOf(bytes: number): Structure & Record<string, unknown> {
  // Each item has two quotes, each but the first a comma.
  const room = bytes - jsonBytes({ kind: 'structured', bytes, items: [] }) + 1;
  if (room < 3) return smallestStructure();
  const count = Math.max(1, Math.floor(room / ITEM_BYTES));
  const items = Array.from({ length: count }, (_, index) => {
    const size = index < count - 1 ? ITEM_BYTES : room - ITEM_BYTES * (count - 1);
    return itemOf(index, size - 3);
  });
  return { kind: 'structured', bytes, items };
}

/** Without items. How many bytes it has depends on the digits of that number. */
function smallestStructure(): Structure & Record<string, unknown> {
  const structure = { kind: 'structured', bytes: 0, items: [] };
  while (structure.bytes !== jsonBytes(structure)) structure.bytes = jsonBytes(structure);
  return structure;
}

function jsonBytes(structure: Structure): number {
  return JSON.stringify(structure).length;
}

/** So many characters that tell the item's number. */
function itemOf(index: number, chars: number): string {
  return `${String(index + 1).padStart(8, '0')} `
    .padEnd(chars, 'abcdefghijklmnopqrstuvwxyz')
    .slice(0, chars);
}
