import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { notes, READS } from '../shared/tool-fields.ts';
import { renderFiles } from './changed-files.ts';
import { renderCommit, shortId } from './commit-record.ts';
import { DEFAULT_COMMITS, MAX_COMMITS } from './limits.ts';
import { readBlame, renderBlame } from './read-blame.ts';
import { readLog } from './read-log.ts';
import { readShow, type Show } from './read-show.ts';
import type { Repository } from './repository.ts';
import type { Answer } from '../shared/tool-answer.ts';
import { answer } from './tool-answer.ts';
import {
  changedFile,
  commitFields,
  firstLine,
  lastLine,
  narrowingPath,
  refField,
  truncated,
} from './tool-fields.ts';

/** Registers the tools that tell what was. */
export function registerHistoryTools(server: McpServer, repository: Repository): void {
  registerLog(server, repository);
  registerShow(server, repository);
  registerBlame(server, repository);
}

function registerLog(server: McpServer, repository: Repository): void {
  server.registerTool(
    'log',
    {
      title: 'Git log',
      description:
        'List commits of the git repository, the latest first: who, when, why. Narrow it by file or folder, author, time or branch.',
      inputSchema: z.strictObject({
        path: narrowingPath,
        author: z
          .string()
          .optional()
          .describe('Only commits by this author: a part of the name or e-mail address'),
        since: z
          .string()
          .optional()
          .describe(
            'Only commits after this: 2026-03-31, 2026-03-31T14:00Z, yesterday, 2 weeks ago',
          ),
        until: z.string().optional().describe('Only commits before this, written in the same way'),
        max: z
          .int()
          .min(1)
          .max(MAX_COMMITS)
          .default(DEFAULT_COMMITS)
          .describe(`Most commits to return. Default: ${DEFAULT_COMMITS}`),
        ref: z
          .string()
          .optional()
          .describe(
            'Where to start: a branch, tag or commit, or a range such as main..feature. Default: HEAD',
          ),
      }),
      outputSchema: z.object({ commits: z.array(z.object(commitFields)), truncated, notes }),
      annotations: READS,
    },
    async (request, ctx) =>
      await answer('log', ctx.mcpReq.signal, async () => {
        const { commits, text, truncated, notes } = await readLog(
          repository,
          request,
          ctx.mcpReq.signal,
        );
        return { text, data: { commits: [...commits], truncated }, notes };
      }),
  );
}

function registerShow(server: McpServer, repository: Repository): void {
  server.registerTool(
    'show',
    {
      title: 'Git show',
      description:
        'Show one commit of the git repository: its message, the files it changed, and the patch (of a merge: against its first ' +
        'parent). With path: the file or folder as it was in that commit.',
      inputSchema: z.strictObject({
        ref: refField('What to show'),
        path: z
          .string()
          .optional()
          .describe(
            'A file or folder to show as it was in the commit, relative to the top of the repository',
          ),
        start_line: firstLine,
        end_line: lastLine,
      }),
      outputSchema: z.object({
        kind: z.enum(['commit', 'file', 'folder']),
        ...commitFields,
        parents: commitFields.parents.optional(),
        author: commitFields.author.optional(),
        email: commitFields.email.optional(),
        date: commitFields.date.optional(),
        committed: commitFields.committed.optional(),
        subject: commitFields.subject.optional(),
        body: commitFields.body.optional(),
        refs: commitFields.refs.optional(),
        files: z.array(changedFile).optional(),
        patch: z.string().optional(),
        path: z.string().optional(),
        content: z.string().optional().describe('Text of a file'),
        start_line: z.number().optional(),
        entries: z
          .array(
            z.object({ path: z.string(), type: z.string(), size: z.number().describe('Bytes') }),
          )
          .optional()
          .describe('What is in a folder'),
        truncated,
        notes,
      }),
      annotations: READS,
    },
    async (request, ctx) =>
      await answer('show', ctx.mcpReq.signal, async () =>
        toAnswer(await readShow(repository, request, ctx.mcpReq.signal)),
      ),
  );
}

function toAnswer(show: Show): Answer {
  const { kind, truncated, notes } = show;
  switch (show.kind) {
    case 'commit': {
      const { record, files, patch } = show;
      const text = [renderCommit(record), '', ...renderFiles(files), '', patch].join('\n');
      return { text, data: { kind, ...record, files, patch, truncated }, notes };
    }
    case 'file': {
      const { commit, path, content } = show;
      const data = { kind, commit, path, content, start_line: show.startLine, truncated };
      return { text: content, data, notes };
    }
    case 'folder': {
      const { commit, path } = show;
      const entries = show.entries.map(({ path, type, size }) => ({ path, type, size }));
      const rows = entries.map(({ path, type, size }) =>
        type === 'file' ? `  ${path} (${size} bytes)` : `  ${path} (${type})`,
      );
      return {
        text: [`${path === '' ? '.' : path} in commit ${shortId(commit)}:`, ...rows].join('\n'),
        data: { kind, commit, path, entries, truncated },
        notes,
      };
    }
    default:
      return show satisfies never;
  }
}

function registerBlame(server: McpServer, repository: Repository): void {
  server.registerTool(
    'blame',
    {
      title: 'Git blame',
      description:
        'Tell for each line of a file which commit brought it, by whom and when, as the file is in the work tree or in a commit.',
      inputSchema: z.strictObject({
        path: z
          .string()
          .describe('File, relative to the top of the repository, such as src/index.ts'),
        start_line: firstLine,
        end_line: lastLine,
        ref: refField('The state of the file. Default: the work tree').optional(),
      }),
      outputSchema: z.object({
        path: z.string(),
        lines: z.array(
          z.object({
            line: z.number(),
            commit: z.string().nullable().describe('null: not committed yet'),
            text: z.string(),
          }),
        ),
        commits: z
          .array(
            z.object({
              commit: z.string(),
              author: z.string(),
              date: z.string().describe('ISO 8601'),
              subject: z.string(),
            }),
          )
          .describe('What the lines name, each once'),
        truncated,
        notes,
      }),
      annotations: READS,
    },
    async (request, ctx) =>
      await answer('blame', ctx.mcpReq.signal, async () => {
        const { notes, ...blame } = await readBlame(repository, request, ctx.mcpReq.signal);
        const lines = blame.lines.map((line) => ({ ...line, commit: line.commit ?? null }));
        return { text: renderBlame(blame), data: { ...blame, lines }, notes };
      }),
  );
}
