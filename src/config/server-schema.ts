import * as z from 'zod';
import { serverRootsSchema, serverSamplingSchema } from './asks-schema.ts';
import { oauthSchema } from './oauth-schema.ts';
import { budget, count, countOrNull, filled, glob, rate } from './schema-values.ts';

const timeoutsSchema = z
  .strictObject({
    queueMs: budget
      .default(600_000)
      .describe(
        'Longest wait for a lock of another batch and for a free slot, in ms. Default 600000; null: no limit.',
      ),
    connectMs: budget
      .default(30_000)
      .describe(
        'Longest wait for the server to become ready, in ms. Default 30000; null: no limit.',
      ),
    attemptMs: budget
      .default(300_000)
      .describe(
        'Longest one attempt of a call may take, progress or not, in ms. Default 300000; null: no limit.',
      ),
    idleMs: budget
      .default(60_000)
      .describe(
        'Longest silence within an attempt, in ms; progress resets it. Default 60000; null: no limit.',
      ),
    totalMs: budget
      .default(600_000)
      .describe(
        'Longest a call may take from its first attempt on, all attempts and the waits between them included, in ms. Default 600000; null: no limit.',
      ),
  })
  .prefault({})
  .describe("Time budgets, each in ms. An expired one names itself in the call's error.");

const toolSchema = z
  .strictObject({
    access: z
      .exactOptional(z.enum(['read', 'write']))
      .describe(
        'read: calls of this tool overlap; write: they exclude other calls on the same resource. Beats every hint of the server.',
      ),
    declared: z
      .exactOptional(z.boolean())
      .describe(
        'Whether the tool counts as declared read-only, whatever its server says: declared tools run without asking, may be repeated, and start early.',
      ),
    keys: z
      .exactOptional(z.array(filled))
      .describe(
        'Names of arguments whose values name the records that a call touches; it then conflicts only with calls on the same records. Default: the whole server.',
      ),
    idempotent: z
      .exactOptional(z.boolean())
      .describe('Whether a call that may have run may be sent again.'),
    timeoutMs: z
      .exactOptional(budget)
      .describe('Stands for timeouts.totalMs for this tool, in ms; null: no limit.'),
  })
  .describe("What is known of one tool, by the server's own name for it.");

const toolsSchema = z
  .object({
    include: z
      .array(glob)
      .default([])
      .describe(
        "Globs over the server's own tool names: only these tools are used. Default: all. * matches everything.",
      ),
    exclude: z
      .array(glob)
      .default([])
      .describe(
        "Globs over the server's own tool names: these tools are not used; wins over include.",
      ),
  })
  .catchall(toolSchema)
  .prefault({})
  .describe(
    "Which of the server's tools are used, and, under the name of a tool, what is known of it.",
  );

export const serverSchema = z
  .strictObject({
    type: z
      .exactOptional(z.enum(['stdio', 'http', 'streamable-http', 'sse']))
      .describe(
        'How the server is reached. Default: stdio with a command, http (Streamable HTTP) with a url.',
      ),
    command: z
      .exactOptional(filled)
      .describe(
        'The program to start; no shell is involved. A relative path is relative to this file.',
      ),
    args: z
      .array(z.string())
      .default([])
      .describe("The program's arguments, passed on verbatim, one text each."),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('Environment variables for the program, in addition to a basic set.'),
    cwd: z
      .exactOptional(filled)
      .describe(
        "The program's working directory, relative to this file. Default: this file's folder.",
      ),
    url: z.exactOptional(filled).describe("The server's http:// or https:// address."),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .describe('HTTP headers for every request. Keep secrets out of the file with ${env:NAME}.'),
    disabled: z.boolean().default(false).describe('true: the server is not used. Default false.'),
    prefix: z
      .exactOptional(z.string())
      .describe(
        'What the names of the server\'s tools begin with, before "__". Default: the server\'s key. "" for none: at most one server.',
      ),
    protocol: z
      .enum(['auto', 'legacy', 'modern'])
      .default('auto')
      .describe('Which era of the protocol to speak. Default auto: found out by asking.'),
    start: z
      .enum(['eager', 'lazy', 'background'])
      .default('eager')
      .describe(
        'eager: at once, and waited for; lazy: by its first call, or to list its tools where they are not remembered from an earlier start; background: soon, but nobody waits for it. Default eager.',
      ),
    isolation: z
      .enum(['shared', 'client'])
      .default('shared')
      .describe(
        'Of the gateway: shared: one connection for all clients; client: one for each. Default shared.',
      ),
    parallel: z
      .enum(['auto', 'read-only', 'always', 'never'])
      .default('auto')
      .describe(
        "auto: by each tool's access class; read-only: only tools annotated read-only overlap; always: calls never exclude each other; never: calls run one by one. Default auto.",
      ),
    maxInFlight: countOrNull
      .default(64)
      .describe('Most calls in flight on this server. Default 64; null: no limit.'),
    rate: z
      .exactOptional(
        z.strictObject({
          perSecond: rate.describe('Calls per second; may be below 1.'),
          burst: z
            .exactOptional(count)
            .describe(
              'How many calls may go at once after a rest. Default: perSecond, rounded up.',
            ),
        }),
      )
      .describe('Calls wait their turn instead of exceeding this rate. Default: no limit.'),
    resource: z
      .exactOptional(filled)
      .describe(
        "Servers with one resource name conflict with each other: two programs over one store. Default: the server's key.",
      ),
    timeouts: timeoutsSchema,
    tools: toolsSchema,
    sampling: serverSamplingSchema,
    roots: serverRootsSchema,
    oauth: z
      .exactOptional(oauthSchema)
      .describe(
        'How to be authorised at an HTTP server that asks for OAuth. Default: a person is asked on a terminal, unless an Authorization header is configured.',
      ),
  })
  .meta({
    id: 'server',
    description:
      'One MCP server: a program to start ("command") or an address ("url"). ${env:NAME}, ${NAME} and ${NAME:-default} are expanded in command, args, env, cwd, url, headers and oauth when it starts.',
    oneOf: [{ required: ['command'] }, { required: ['url'] }],
  });

/** One server's entry, with defaults. */
export type ServerEntry = z.output<typeof serverSchema>;
