import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { MAX_EDITS } from './limits.ts';
import { quote } from '../shared/refusal.ts';
import { answer } from './tool-answer.ts';
import { filePath, PATH_IS_KEY, plural } from './tool-fields.ts';
import type { Workspace } from './workspace.ts';
import { editFile, writeFile } from './write-file.ts';

/** Registers the tools that change files. */
export function registerWriteTools(server: McpServer, workspace: Workspace): void {
  registerWriteFile(server, workspace);
  registerEditFile(server, workspace);
}

function registerWriteFile(server: McpServer, workspace: Workspace): void {
  server.registerTool(
    'write_file',
    {
      title: 'Write a file',
      description:
        'Create a text file in the workspace, or overwrite one with new content. Missing folders are created. ' +
        'To change a part of a file use edit_file.',
      inputSchema: z.strictObject({
        path: filePath,
        content: z.string().describe('The whole new content of the file'),
      }),
      outputSchema: z.object({
        path: z.string(),
        created: z.boolean().describe('False if the file was there and was overwritten'),
        bytes: z.number(),
      }),
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: true,
        openWorldHint: false,
      },
      _meta: PATH_IS_KEY,
    },
    async (request, ctx) =>
      await answer(quote(request.path), ctx.mcpReq.signal, async () => {
        const written = await writeFile(workspace, request, ctx.mcpReq.signal);
        return {
          text: `${written.created ? 'Created' : 'Overwrote'} ${written.path} (${plural(written.bytes, 'byte')}).`,
          data: { ...written },
        };
      }),
  );
}

function registerEditFile(server: McpServer, workspace: Workspace): void {
  server.registerTool(
    'edit_file',
    {
      title: 'Edit a file',
      description:
        'Change parts of a text file in the workspace by replacing exact passages. Every old_text must occur exactly ' +
        'once; if one does not, nothing is changed. Returns a diff.',
      inputSchema: z.strictObject({
        path: filePath,
        edits: z
          .array(
            z.strictObject({
              old_text: z
                .string()
                .min(1)
                .describe(
                  'The passage to replace, exactly as it is in the file, indentation included',
                ),
              new_text: z.string().describe('What to put in its place'),
            }),
          )
          .min(1)
          .max(MAX_EDITS)
          .describe('Replacements, applied in order, each to the result of those before it'),
      }),
      outputSchema: z.object({
        path: z.string(),
        bytes: z.number(),
        lines_added: z.number(),
        lines_removed: z.number(),
        diff: z.string(),
      }),
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: false,
      },
      _meta: PATH_IS_KEY,
    },
    async (request, ctx) =>
      await answer(quote(request.path), ctx.mcpReq.signal, async () => {
        const edited = await editFile(workspace, request, ctx.mcpReq.signal);
        const { path, bytes, linesAdded, linesRemoved, diff } = edited;
        return {
          text: `Edited ${path}: ${plural(linesAdded, 'line')} added, ${linesRemoved} removed.\n${diff}`,
          data: { path, bytes, lines_added: linesAdded, lines_removed: linesRemoved, diff },
        };
      }),
  );
}
