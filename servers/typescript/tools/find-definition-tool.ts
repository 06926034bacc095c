import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { notes, READS } from '../../shared/tool-fields.ts';
import { type DefinitionPlace, findDefinition } from '../code/find-definition.ts';
import { findTargets } from '../code/targets.ts';
import type { LanguageServer } from '../lsp/language-server.ts';
import { indent, position, question } from './fields.ts';
import { answer } from './tool-answer.ts';

export function registerFindDefinition(server: McpServer, languageServer: LanguageServer): void {
  server.registerTool(
    'find_definition',
    {
      title: 'Find a definition',
      description:
        'Find where a function, class, method, variable, type or other symbol of the TypeScript project is defined, with ' +
        'the source code of its definition. By name, or by position in a file (go to definition).',
      inputSchema: z.strictObject(question),
      outputSchema: z.object({
        definitions: z.array(
          z.object({
            name: z.string(),
            kind: z.string().describe('function, method, class, interface, const …'),
            path: z.string(),
            ...position,
            code: z.string().describe('The declaration, its beginning if it is long'),
          }),
        ),
        elsewhere: z
          .array(z.string())
          .describe(
            'Files outside the project that define it: of installed packages or TypeScript',
          ),
        notes,
      }),
      annotations: READS,
    },
    async (request, ctx) =>
      await answer(languageServer, ctx.mcpReq.signal, async (asking) => {
        const { targets, notes } = await findTargets(asking, request);
        const all = await Promise.all(
          targets.map(async (target) => await findDefinition(asking, target)),
        );
        // Several symbols of one name may lead to one place: overloads, and declarations that are merged.
        const places = [...new Map(all.flat().map((place) => [keyOf(place), place])).values()];
        return {
          text: places.map(render).join('\n\n'),
          data: { definitions: places.flatMap(toData), elsewhere: places.flatMap(toName) },
          notes,
        };
      }),
  );
}

function keyOf(place: DefinitionPlace): string {
  return place.kind === 'foreign' ? place.name : `${place.path}:${place.line}:${place.column}`;
}

function toData(place: DefinitionPlace) {
  if (place.kind === 'foreign') return [];
  const { name, what: kind, path, line, column, code } = place;
  return [{ name, kind, path, line, column, code }];
}

function toName(place: DefinitionPlace): string[] {
  return place.kind === 'foreign' ? [place.name] : [];
}

function render(place: DefinitionPlace): string {
  return place.kind === 'foreign'
    ? `Defined outside the project, in ${place.name}`
    : `${place.what} ${place.name}, ${keyOf(place)}\n${indent(place.code)}`;
}
