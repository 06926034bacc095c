import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { notes, READS } from '../shared/tool-fields.ts';
import { findFiles } from './find-files.ts';
import { DEFAULT_DEPTH, DEFAULT_MATCHES, MAX_DEPTH, MAX_MATCHES } from './limits.ts';
import { flattenTree, listTree, renderTree, type TreeEntry } from './list-tree.ts';
import { readTextFile } from './read-text-file.ts';
import { quote } from '../shared/refusal.ts';
import { searchText } from './search-text.ts';
import { answer } from './tool-answer.ts';
import { filePath, folderPath, PATH_IS_KEY, plural } from './tool-fields.ts';
import type { Workspace } from './workspace.ts';
import { shown } from './workspace-path.ts';

/** Registers the tools that look at files. */
export function registerReadTools(server: McpServer, workspace: Workspace): void {
  registerListFiles(server, workspace);
  registerFindFiles(server, workspace);
  registerReadFile(server, workspace);
  registerSearchText(server, workspace);
}

function registerListFiles(server: McpServer, workspace: Workspace): void {
  server.registerTool(
    'list_files',
    {
      title: 'List files',
      description:
        'List the files and folders in a folder of the workspace as a directory tree, with file sizes. ' +
        'Shows how a project is laid out. Symlinks are shown, not followed; .git, node_modules and the like are not expanded.',
      inputSchema: z.strictObject({
        path: folderPath,
        depth: z
          .int()
          .min(1)
          .max(MAX_DEPTH)
          .default(DEFAULT_DEPTH)
          .describe(`How many folder levels to show. Default: ${DEFAULT_DEPTH}`),
      }),
      outputSchema: z.object({
        path: z.string(),
        entries: z.array(
          z.object({
            path: z.string(),
            type: z.enum(['file', 'directory', 'symlink', 'other']),
            size: z.number().optional().describe('Bytes, for files'),
          }),
        ),
        truncated: z.boolean(),
        notes,
      }),
      annotations: READS,
    },
    async ({ path, depth }, ctx) =>
      await answer(`list_files ${quote(path ?? '.')}`, ctx.mcpReq.signal, async () => {
        const tree = await listTree(workspace, { path, depth }, ctx.mcpReq.signal);
        const entries = flattenTree(tree.entries).map(toData);
        return {
          text:
            entries.length === 0
              ? `${shown(tree.path)} is empty.`
              : [`${shown(tree.path)}/`, ...renderTree(tree.entries, '  ')].join('\n'),
          data: { path: shown(tree.path), entries, truncated: tree.truncated },
          notes: tree.truncated
            ? [
                `There is more: the first ${entries.length} entries are shown. List a folder in it by path, or use find_files.`,
              ]
            : [],
        };
      }),
  );
}

function toData({ path, type, size }: TreeEntry) {
  return size === undefined ? { path, type } : { path, type, size };
}

function registerFindFiles(server: McpServer, workspace: Workspace): void {
  server.registerTool(
    'find_files',
    {
      title: 'Find files by name',
      description:
        'Find files in the workspace by their name, with a glob pattern such as *.ts or src/**/*.test.ts. ' +
        'Returns paths. Files that .gitignore excludes are left out.',
      inputSchema: z.strictObject({
        pattern: z
          .string()
          .describe(
            'Glob pattern: *, ?, **, [abc], {a,b}. Without a slash it is matched against file names in all folders, ' +
              'with one against the whole path below the folder searched',
          ),
        path: folderPath,
      }),
      outputSchema: z.object({ paths: z.array(z.string()), truncated: z.boolean(), notes }),
      annotations: READS,
    },
    async ({ pattern, path }, ctx) =>
      await answer(`find_files ${quote(pattern)}`, ctx.mcpReq.signal, async () => {
        const found = await findFiles(workspace, { pattern, path }, ctx.mcpReq.signal);
        return {
          text:
            found.paths.length === 0
              ? `No file matches ${quote(pattern)}. For a part of a name put * around it.`
              : found.paths.join('\n'),
          data: { paths: [...found.paths], truncated: found.truncated },
          notes: found.notes,
        };
      }),
  );
}

function registerReadFile(server: McpServer, workspace: Workspace): void {
  server.registerTool(
    'read_file',
    {
      title: 'Read a file',
      description:
        'Read the content of one text file of the workspace, or some of its lines. ' +
        'Long files are returned in part, with a note that says which lines come next.',
      inputSchema: z.strictObject({
        path: filePath,
        start_line: z.int().min(1).optional().describe('First line to return, from 1. Default: 1'),
        end_line: z.int().min(1).optional().describe('Last line to return. Default: the end'),
      }),
      outputSchema: z.object({
        path: z.string(),
        content: z.string(),
        start_line: z.number(),
        end_line: z.number().describe('0 for an empty file'),
        total_lines: z.number().optional().describe('Absent if the file is too large to count'),
        truncated: z.boolean().describe('Whether lines asked for are missing or cut'),
        notes,
      }),
      annotations: READS,
      _meta: PATH_IS_KEY,
    },
    async (request, ctx) =>
      await answer(quote(request.path), ctx.mcpReq.signal, async () => {
        const { notes, ...data } = await readTextFile(workspace, request, ctx.mcpReq.signal);
        return { text: data.content, data, notes };
      }),
  );
}

function registerSearchText(server: McpServer, workspace: Workspace): void {
  server.registerTool(
    'search_text',
    {
      title: 'Search in files',
      description:
        'Search the contents of all files in the workspace for a text or a regular expression. Returns the matching ' +
        'lines with file path and line number. Files that .gitignore excludes and binary files are not searched.',
      inputSchema: z.strictObject({
        query: z.string().describe('Text to search for, within a line'),
        path: z
          .string()
          .optional()
          .describe('Folder or file to search in, such as src. Default: the whole workspace'),
        glob: z
          .string()
          .optional()
          .describe(
            'Search only files that match this glob pattern, such as *.ts, or those that do not, such as !*.test.ts',
          ),
        regex: z
          .boolean()
          .default(false)
          .describe(
            'Take query as a regular expression (no look-around, no back-references). Default: false',
          ),
        case_sensitive: z
          .boolean()
          .default(false)
          .describe('Tell upper from lower case. Default: false'),
        max_results: z
          .int()
          .min(1)
          .max(MAX_MATCHES)
          .default(DEFAULT_MATCHES)
          .describe(`Most matching lines to return. Default: ${DEFAULT_MATCHES}`),
      }),
      outputSchema: z.object({
        matches: z.array(z.object({ path: z.string(), line: z.number(), text: z.string() })),
        truncated: z.boolean(),
        notes,
      }),
      annotations: READS,
    },
    async (request, ctx) =>
      await answer(`search_text ${quote(request.query)}`, ctx.mcpReq.signal, async () => {
        const { query, path, glob, regex } = request;
        const search = {
          query,
          path,
          glob,
          regex,
          caseSensitive: request.case_sensitive,
          maxResults: request.max_results,
        };
        const found = await searchText(workspace, search, ctx.mcpReq.signal);
        const files = new Set(found.matches.map((match) => match.path)).size;
        return {
          text: [
            `${plural(found.matches.length, 'matching line')} in ${plural(files, 'file')} for ${quote(query)}`,
            ...found.matches.map((match) => `${match.path}:${match.line}: ${match.text}`),
          ].join('\n'),
          data: { matches: [...found.matches], truncated: found.truncated },
          notes: found.notes,
        };
      }),
  );
}
