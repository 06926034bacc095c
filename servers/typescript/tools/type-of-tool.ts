import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { notes, READS } from '../../shared/tool-fields.ts';
import { findTargets } from '../code/targets.ts';
import { type TypeAnswer, typeOf } from '../code/type-of.ts';
import type { LanguageServer } from '../lsp/language-server.ts';
import { indent, question, symbolOutput, titleOf, toSymbol } from './fields.ts';
import { answer } from './tool-answer.ts';

export function registerTypeOf(server: McpServer, languageServer: LanguageServer): void {
  server.registerTool(
    'type_of',
    {
      title: 'Type of a symbol',
      description:
        'Tell the type of a function, class, method, variable or other symbol of the TypeScript project: its signature ' +
        'with all types written out, its documentation, and where it is declared. ' +
        'What a function takes and returns. By name, or by position in a file.',
      inputSchema: z.strictObject(question),
      outputSchema: z.object({
        symbols: z
          .array(
            z.object({
              ...symbolOutput,
              type: z.string().describe('The signature; of overloads one a line'),
              documentation: z.string().optional().describe('Markdown'),
              declared_at: z
                .string()
                .optional()
                .describe('For a position: where what stands there is declared'),
            }),
          )
          .describe('More than one where the name alone is ambiguous, the most prominent first'),
        notes,
      }),
      annotations: READS,
    },
    async (request, ctx) =>
      await answer(languageServer, ctx.mcpReq.signal, async (asking) => {
        const { targets, notes } = await findTargets(asking, request);
        const found = await Promise.all(
          targets.map(async (target) => await typeOf(asking, target)),
        );
        return {
          text: found.map(render).join('\n\n'),
          data: { symbols: found.map(toData) },
          notes,
        };
      }),
  );
}

function toData({ target, kind, type, documentation, declaredAt }: TypeAnswer) {
  return {
    ...toSymbol(target, kind),
    type,
    ...(documentation === '' ? {} : { documentation }),
    ...(declaredAt === undefined ? {} : { declared_at: declaredAt }),
  };
}

function render({ target, kind, type, documentation, declaredAt }: TypeAnswer): string {
  return [
    type,
    indent(titleOf(target, kind)),
    ...(declaredAt === undefined ? [] : [indent(`declared in ${declaredAt}`)]),
    ...(documentation === '' ? [] : [indent(documentation)]),
  ].join('\n');
}
