import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';

const ajv = new Ajv({ strict: false, allErrors: true });

/** The example of the product's own documentation, every option in it. */
const EXAMPLE = {
  $schema: './config.schema.json',
  model: { name: 'gpt-5.1', api: 'chat', baseURL: '${env:OPENAI_BASE_URL}', apiKeyEnv: 'KEY' },
  mcpServers: {
    customers: { command: 'node', args: ['server.js'], env: {}, cwd: '.' },
    docs: {
      type: 'http',
      url: 'https://example.com/mcp',
      headers: { Authorization: 'Bearer ${env:DOCS_TOKEN}' },
      disabled: false,
      prefix: 'd',
      protocol: 'legacy',
      start: 'lazy',
      isolation: 'client',
      parallel: 'never',
      maxInFlight: null,
      rate: { perSecond: 0.5, burst: 2 },
      resource: 'shared',
      timeouts: { queueMs: 1, connectMs: 2, attemptMs: 3, idleMs: null, totalMs: 5 },
      tools: { include: ['*'], exclude: ['x'], write: { access: 'write', keys: ['path'] } },
      oauth: { clientId: 'x' },
    },
  },
  limits: {
    maxInFlight: 1,
    maxMessageBytes: 7,
    maxResultBytes: 2,
    maxBatchResultBytes: 8,
    maxTurns: 3,
    batchMs: null,
    patienceMs: 0,
  },
  policy: { allow: [], ask: [], deny: ['*delete*'], trustAnnotations: false },
};

// `npm run schema` writes the file anew: this test, with vitest's -u.
test('the committed config.schema.json is what the definition generates', async () => {
  await expect(configJsonSchema()).toMatchFileSnapshot('../../config.schema.json');
});

test('the committed schema accepts every documented option', async () => {
  const committed: unknown = JSON.parse(
    await readFile(new URL('../../config.schema.json', import.meta.url), 'utf8'),
  );
  const validate = ajv.compile(committed as object);
  validate(EXAMPLE);
  expect(validate.errors).toBeNull();
  expect(validate({ servers: EXAMPLE.mcpServers })).toBe(true);
  expect(validate({})).toBe(true);
});

test.each([
  ['an unknown key', { mcpServer: {} }],
  ['neither command nor url', { mcpServers: { a: {} } }],
  ['both command and url', { mcpServers: { a: { command: 'x', url: 'https://x' } } }],
  ['a budget of 0', { mcpServers: { a: { command: 'x', timeouts: { idleMs: 0 } } } }],
  ['a duration as a text', { limits: { batchMs: '30' } }],
  ['an unknown word', { mcpServers: { a: { command: 'x', start: 'later' } } }],
])('the schema refuses %s', (_what, config) => {
  expect(ajv.validate(JSON.parse(configJsonSchema()) as object, config)).toBe(false);
});

test('every key has a description', () => {
  const bare: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      if (key === 'properties' && typeof child === 'object' && child !== null) {
        for (const [name, property] of Object.entries(child)) {
          const known =
            typeof property === 'object' && property !== null && 'description' in property;
          if (!known) bare.push(`${path}.${name}`);
        }
      }
      visit(child, `${path}.${key}`);
    }
  };
  visit(JSON.parse(configJsonSchema()), '');
  expect(bare).toEqual([]);
});
