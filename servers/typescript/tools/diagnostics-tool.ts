import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { notes, READS } from '../../shared/tool-fields.ts';
import { check, type Problem } from '../code/check.ts';
import { DEFAULT_PROBLEMS, MAX_PROBLEMS } from '../limits.ts';
import type { LanguageServer } from '../lsp/language-server.ts';
import { plural } from '../plural.ts';
import { findEntry } from '../project/project-path.ts';
import { answer } from './tool-answer.ts';

export function registerDiagnostics(server: McpServer, languageServer: LanguageServer): void {
  server.registerTool(
    'diagnostics',
    {
      title: 'Compiler diagnostics',
      description:
        'Type-check the TypeScript project, or one file or folder of it: lists the compiler errors and warnings, ' +
        'with file, line, error code and message, as the files are on disk now. Nothing is built or written.',
      inputSchema: z.strictObject({
        path: z
          .string()
          .optional()
          .describe('File or folder to check, such as src/index.ts. Default: the whole project'),
        max_results: z
          .int()
          .min(1)
          .max(MAX_PROBLEMS)
          .default(DEFAULT_PROBLEMS)
          .describe(`Most errors and warnings to return. Default: ${DEFAULT_PROBLEMS}`),
      }),
      outputSchema: z.object({
        errors: z.number(),
        warnings: z.number(),
        files_checked: z.number(),
        problems: z.array(
          z.object({
            path: z
              .string()
              .optional()
              .describe('Absent for what is wrong with the project as a whole'),
            line: z.number().optional().describe('From 1'),
            column: z.number().optional().describe('From 1'),
            severity: z.enum(['error', 'warning']),
            code: z.string().optional().describe('Such as TS2322'),
            message: z.string(),
          }),
        ),
        truncated: z.boolean(),
        notes,
      }),
      annotations: READS,
    },
    async ({ path, max_results: max }, ctx) =>
      await answer(languageServer, ctx.mcpReq.signal, async (asking) => {
        const entry =
          path === undefined ? undefined : await findEntry(languageServer.project, path);
        const checked = await check(asking, entry);
        const count = (severity: Problem['severity']) =>
          checked.problems.filter((problem) => problem.severity === severity).length;
        const [errors, warnings] = [count('error'), count('warning')];
        const shown = checked.problems.slice(0, max);
        const left = checked.problems.length - shown.length;
        const where = plural(checked.files, 'file');
        const found =
          warnings === 0
            ? [plural(errors, 'error')]
            : [plural(errors, 'error'), plural(warnings, 'warning')];
        return {
          text:
            checked.problems.length === 0
              ? `No errors in ${where}.`
              : [`${found.join(' and ')} in ${where}:`, ...shown.map(render)].join('\n'),
          data: {
            errors,
            warnings,
            files_checked: checked.files,
            problems: shown.map(toData),
            truncated: left > 0,
          },
          notes:
            left > 0
              ? [`${left} more: narrow with path, or raise max_results.`, ...checked.notes]
              : checked.notes,
        };
      }),
  );
}

function toData({ path, line, column, severity, code, message }: Problem) {
  return {
    ...(path === undefined ? {} : { path }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    severity,
    ...(code === undefined ? {} : { code }),
    message,
  };
}

function render({ path, line, column, severity, code, message }: Problem): string {
  const where = [path, line, column].filter((part) => part !== undefined).join(':');
  return `${where === '' ? 'the project' : where}: ${severity}${code === undefined ? '' : ` ${code}`}: ${message}`;
}
