import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { notes, READS } from '../shared/tool-fields.ts';
import { renderFiles } from './changed-files.ts';
import { readDiff } from './read-diff.ts';
import { readStatus, renderStatus } from './read-status.ts';
import type { Repository } from './repository.ts';
import { answer } from './tool-answer.ts';
import { changedFile, narrowingPath, refField, statusEntries, truncated } from './tool-fields.ts';

/** Registers the tools that tell what has changed. */
export function registerStateTools(server: McpServer, repository: Repository): void {
  registerStatus(server, repository);
  registerDiff(server, repository);
}

function registerStatus(server: McpServer, repository: Repository): void {
  server.registerTool(
    'status',
    {
      title: 'Git status',
      description:
        'Tell the state of the git repository: the current branch and how it stands to its upstream, which files are staged, ' +
        'changed, untracked or in conflict.',
      inputSchema: z.strictObject({ path: narrowingPath }),
      outputSchema: z.object({
        branch: z.string().optional().describe('Absent with a detached HEAD'),
        commit: z.string().optional().describe('What HEAD is; absent before the first commit'),
        upstream: z.string().optional(),
        ahead: z.number().optional().describe('Commits that the upstream lacks'),
        behind: z.number().optional().describe('Commits that only the upstream has'),
        clean: z.boolean().describe('Nothing staged, changed, untracked or in conflict'),
        staged: statusEntries.describe('Differs between the last commit and the index'),
        unstaged: statusEntries.describe('Differs between the index and the work tree'),
        conflicts: statusEntries,
        untracked: z.array(z.string()),
        truncated,
        notes,
      }),
      annotations: READS,
    },
    async ({ path }, ctx) =>
      await answer('status', ctx.mcpReq.signal, async () => {
        const { status, truncated, notes } = await readStatus(repository, path, ctx.mcpReq.signal);
        const { staged, unstaged, conflicts, untracked } = status;
        const clean = [staged, unstaged, conflicts, untracked].every((list) => list.length === 0);
        return { text: renderStatus(status), data: { ...status, clean, truncated }, notes };
      }),
  );
}

function registerDiff(server: McpServer, repository: Repository): void {
  server.registerTool(
    'diff',
    {
      title: 'Git diff',
      description:
        'Show what differs, as a list of files and a patch: between the index and the work tree (no arguments: changes not yet ' +
        'staged), the last commit and the index (staged: true), a commit and the work tree (from), or two commits (from and to). ' +
        'Untracked files are not in it; status lists them.',
      inputSchema: z.strictObject({
        path: narrowingPath,
        from: refField('Compare from this').optional(),
        to: refField('Compare to this').optional(),
        staged: z
          .boolean()
          .default(false)
          .describe('Compare with what is staged instead of the work tree. Default: false'),
      }),
      outputSchema: z.object({
        between: z.string().describe('What was compared'),
        files: z.array(changedFile),
        patch: z.string(),
        truncated,
        notes,
      }),
      annotations: READS,
    },
    async (request, ctx) =>
      await answer('diff', ctx.mcpReq.signal, async () => {
        const { notes, ...diff } = await readDiff(repository, request, ctx.mcpReq.signal);
        const text =
          diff.files.length === 0
            ? `No difference ${diff.between}.`
            : [`Changes ${diff.between}:`, ...renderFiles(diff.files), '', diff.patch].join('\n');
        return { text, data: { ...diff }, notes };
      }),
  );
}
