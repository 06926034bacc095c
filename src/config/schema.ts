import * as z from 'zod';
import { budget, count, glob, patience } from './schema-values.ts';
import { DEFAULT_MODEL } from './host-config.ts';
import { rootsSchema, samplingSchema } from './asks-schema.ts';
import { serverSchema } from './server-schema.ts';

// The loose shape of the file, and with `server-schema.ts` the one definition of it: `load.ts` reads with it, `config.schema.json` is generated from it.

const servers = z.record(z.string(), serverSchema);

const modelSchema = z
  .strictObject({
    name: z.string().default(DEFAULT_MODEL).describe(`The model's name. Default ${DEFAULT_MODEL}.`),
    api: z
      .enum(['chat', 'responses'])
      .default('chat')
      .describe(
        "Which of the endpoint's APIs to use: Chat Completions or Responses. Default chat.",
      ),
    baseURL: z
      .exactOptional(z.string())
      .describe(
        'The address of an OpenAI-compatible endpoint, such as http://localhost:11434/v1. Default: the variable OPENAI_BASE_URL, else the OpenAI API.',
      ),
    apiKeyEnv: z
      .string()
      .default('OPENAI_API_KEY')
      .describe('The NAME of the environment variable that holds the key. Default OPENAI_API_KEY.'),
    batchHint: z
      .boolean()
      .default(true)
      .describe(
        'A short system note that encourages the model to batch independent calls. Default true.',
      ),
  })
  .prefault({})
  .describe(
    'The model that `run` talks to. Variables are expanded here, too; an unset one counts as not given.',
  );

const limitsSchema = z
  .strictObject({
    maxInFlight: count.default(256).describe('Most calls in flight over all servers. Default 256.'),
    maxMessageBytes: count
      .default(64 * 1024 * 1024)
      .describe(
        'Largest message accepted from a server, in bytes; a larger one fails its call. Default 67108864 (64 MiB).',
      ),
    maxResultBytes: count
      .default(64 * 1024 * 1024)
      .describe(
        "Of one result, so much is handed on, in bytes; what is cut is kept in a file. A model's results are bounded by maxBatchResultBytes, too. Default 67108864 (64 MiB).",
      ),
    maxBatchResultBytes: count
      .default(128 * 1024)
      .describe(
        'Of the results of one batch, a model reads so much text together, in bytes: small ones whole, large ones share the rest. What is cut is kept in a file, and the model can read on. Default 131072 (128 KiB).',
      ),
    maxTurns: count.default(25).describe('Most model requests in one run. Default 25.'),
    batchMs: budget
      .default(null)
      .describe(
        'Longest a batch of calls may take, in ms; the clock stands still while a person is asked. Default null: no limit.',
      ),
    patienceMs: patience
      .default(3000)
      .describe(
        'How long `run` and `tools` go on waiting for a server that still connects once all others are settled, in ms. Default 3000; 0: not at all.',
      ),
  })
  .prefault({})
  .describe('Limits of the whole host.');

const policySchema = z
  .strictObject({
    allow: z
      .array(glob)
      .default([])
      .describe('Globs over exposed tool names: these tools run without asking.'),
    ask: z
      .array(glob)
      .default([])
      .describe('These ask on a terminal and are denied elsewhere; wins over allow.'),
    deny: z.array(glob).default([]).describe('These are refused; wins over everything.'),
    trustAnnotations: z
      .boolean()
      .default(true)
      .describe(
        'Whether a tool that its server declares read-only (readOnlyHint) runs without asking. Default true.',
      ),
  })
  .prefault({})
  .describe(
    'What the model may call. Without a rule, a tool declared read-only runs and every other tool asks. Exposed names look like prefix__tool; * matches everything.',
  );

/** The whole file. */
export const configSchema = z
  .strictObject({
    $schema: z.exactOptional(z.string()).describe('The address of this schema, for editors.'),
    model: modelSchema,
    mcpServers: servers
      .prefault({})
      .describe('The MCP servers by name, in the shape that desktop hosts use.'),
    servers: servers
      .prefault({})
      .describe('The same as mcpServers, as VS Code spells it; both are read.'),
    limits: limitsSchema,
    policy: policySchema,
    sampling: samplingSchema,
    roots: rootsSchema,
  })
  .meta({
    title: 'mcp-fanout config',
    description: 'JSON with comments and trailing commas.',
    allowComments: true,
    allowTrailingCommas: true,
  });

/** The file without a look into its servers: these are checked one by one, so that a wrong one costs only itself. */
export const outerSchema = configSchema.extend({
  mcpServers: z.record(z.string(), z.unknown()).prefault({}),
  servers: z.record(z.string(), z.unknown()).prefault({}),
});

/** The file but for its servers, with defaults. */
export type OuterConfig = z.output<typeof outerSchema>;
