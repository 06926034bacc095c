/** Parts that the tools' schemas share. */
import * as z from 'zod';
import type { Target } from '../code/targets.ts';

/** What a question is about: a name, or a position. */
export const question = {
  symbol: z
    .string()
    .optional()
    .describe(
      'Name of a function, class, method, variable or type as it stands in the code, such as runBatch or Host.runBatch',
    ),
  path: z
    .string()
    .optional()
    .describe(
      'File of the project, such as src/index.ts. With symbol alone: only what is declared in this file or folder',
    ),
  line: z.int().min(1).optional().describe('Line in the file at path, from 1, instead of a name'),
  column: z.int().min(1).optional().describe('Column in that line, from 1'),
};

const line = z.number().describe('From 1');
const column = z.number().describe('From 1');

/** The symbol that a part of the answer is about. */
export const symbolOutput = {
  name: z.string(),
  kind: z.string().describe('function, method, class, interface, const …'),
  container: z
    .string()
    .optional()
    .describe('The class, interface or the like that it is a member of'),
  path: z.string().describe('Where it is declared, or the position asked about'),
  line,
  column,
};

export const position = { line, column };

export function toSymbol({ name, container, file, position }: Target, kind: string) {
  return {
    name,
    kind,
    ...(container === undefined ? {} : { container }),
    path: file.path,
    line: position.line + 1,
    column: position.character + 1,
  };
}

/** `method Host.runBatch, src/host/host.ts:152:9` */
export function titleOf({ name, container, file, position }: Target, kind: string): string {
  const full = container === undefined ? name : `${container}.${name}`;
  return `${kind} ${full}, ${file.path}:${position.line + 1}:${position.character + 1}`;
}

/** Every line of a text moved to the right. */
export function indent(text: string, by = '  '): string {
  return text.replace(/^(?=.)/gm, by);
}
