import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { renderFiles } from './changed-files.ts';
import { shortId } from './commit-record.ts';
import { makeCommit } from './make-commit.ts';
import type { Repository } from './repository.ts';
import { answer } from './tool-answer.ts';
import { changedFile } from './tool-fields.ts';

/** Registers the tool that writes. */
export function registerCommit(server: McpServer, repository: Repository): void {
  server.registerTool(
    'commit',
    {
      title: 'Git commit',
      description:
        'Commit changed, new or deleted files: stages exactly the files named, as they are in the work tree, and commits them and ' +
        'nothing else; what is staged besides stays staged. Runs the hooks, filters and signing that git is set up for here.',
      inputSchema: z.strictObject({
        message: z
          .string()
          .describe('Commit message: a subject line, and below a blank line the rest'),
        paths: z
          .array(z.string())
          .describe(
            'Files to commit, relative to the top of the repository, such as src/index.ts; status lists what has changed',
          ),
      }),
      outputSchema: z.object({
        commit: z.string().describe('Full id of the new commit'),
        branch: z.string().optional().describe('Absent with a detached HEAD'),
        subject: z.string(),
        files: z.array(changedFile),
        notes: z.array(z.string()).optional().describe('What hooks have said'),
      }),
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: false,
      },
    },
    async (request, ctx) =>
      await answer('commit', ctx.mcpReq.signal, async () => {
        const { notes, ...made } = await makeCommit(repository, request, ctx.mcpReq.signal);
        const where = made.branch === undefined ? 'on no branch' : `on ${made.branch}`;
        return {
          text: [
            `Committed ${shortId(made.commit)} ${where}: ${made.subject}`,
            ...renderFiles(made.files),
          ].join('\n'),
          data: { ...made },
          notes,
        };
      }),
  );
}
