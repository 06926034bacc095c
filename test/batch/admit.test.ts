import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { admitArguments } from '../../src/batch/admit.ts';
import type { ToolCall } from '../../src/call/call.ts';
import { fakeTool } from '../support/fake-tools.ts';
import { verifies } from '../support/verifies.ts';

const TOOL = fakeTool(
  'get',
  { id: { type: 'integer' }, note: { type: 'string' } },
  { required: ['id'] },
);
const ANY = fakeTool('any');

function admit(args: unknown, tool = TOOL): ReturnType<typeof admitArguments> {
  // What a model or a caller gives may be anything.
  return admitArguments({ name: tool.exposed, arguments: args } as ToolCall, tool);
}

function refusal(
  args: unknown,
  tool = TOOL,
): { readonly code: string; readonly message: string; readonly arguments: Json } {
  const admission = admit(args, tool);
  if (admission.kind !== 'refused' || admission.outcome.kind !== 'invalid')
    throw new Error('admitted');
  expect(admission.outcome.ran).toBe('no');
  const { code, message } = admission.outcome;
  return { code, message, arguments: admission.arguments };
}

describe('arguments are admitted', () => {
  test.each([
    ['as an object', { id: 1 }, { id: 1 }],
    ['as a text', '{"id": 1}', { id: 1 }],
    ['with space around', ' \n{"id":1}\t', { id: 1 }],
  ])('%s', (_how, given, expected) => {
    expect(admit(given)).toEqual({ kind: 'admitted', arguments: expected });
  });

  test.each([undefined, '', '  \n'])('as none at all: %j', (given) => {
    const call = given === undefined ? { name: 'x' } : { name: 'x', arguments: given };
    expect(admitArguments(call, ANY)).toEqual({ kind: 'admitted', arguments: {} });
  });

  test('with a key named __proto__ as an own key, that changes nothing else', () => {
    const admission = admit('{"__proto__": {"polluted": true}, "constructor": 1}', ANY);
    expect(Object.keys(admission.arguments as JsonObject)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(admission.arguments)).toBe(Object.prototype);
    expect(({} as JsonObject)['polluted']).toBeUndefined();
  });

  test('when the tool’s schema cannot be used: then the server judges', () => {
    const broken = fakeTool(
      'odd',
      {},
      { inputSchema: { type: 'object', properties: { id: { $ref: '#/nowhere' } } } },
    );
    expect(admit({ id: 1 }, broken)).toMatchObject({ kind: 'admitted' });
  });

  test('as deep as the limit, and no deeper', () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(admit(nested(128), ANY)).toMatchObject({ kind: 'admitted' });
    expect(refusal(nested(129), ANY)).toMatchObject({
      code: 'arguments-too-deep',
      arguments: '(too deep)',
    });
  });
});

verifies('batch:bad-calls', 'what is no JSON is refused with the place of the fault', () => {
  expect(refusal('{"id": 1, "note": oops}')).toMatchObject({
    code: 'arguments-json',
    arguments: '{"id": 1, "note": oops}',
  });
  expect(refusal('{"id": 1, "note": oops}').message).toContain('at character 18, near "oops}"');
  expect(refusal('{"id": 1').message).toContain('they end too early, at character 8');
  expect(refusal("{'id': 1}").message).toContain('at character 1');
  expect(refusal('{"id": 1} {"id": 2}').message).toContain('at character 10');
  expect(refusal('{"id": 1,}').code).toBe('arguments-json');
  expect(refusal('{"id": 1 /* one */}').code).toBe('arguments-json');
});

verifies('batch:bad-calls', 'what is no object is refused with what it is', () => {
  expect(refusal('[1]').message).toContain('the arguments are an array');
  expect(refusal('null').message).toContain('the arguments are null');
  expect(refusal('"{}"').message).toContain('the arguments are a string');
  expect(refusal('12')).toMatchObject({ code: 'arguments-not-object', arguments: '12' });
  expect(refusal([1]).message).toContain('the arguments are an array');
  expect(refusal(null).message).toContain('the arguments are null');
  expect(refusal(true).message).toContain('the arguments are a boolean');
});

verifies(
  'batch:bad-calls',
  'what breaks the schema is refused with every fault and where it is',
  () => {
    const { code, message, arguments: args } = refusal({ id: 'seven', note: 3 });
    expect(code).toBe('arguments-schema');
    expect(message).toContain('/id: must be integer');
    expect(message).toContain('/note: must be string');
    expect(args).toEqual({ id: 'seven', note: 3 });
    expect(refusal({}).message).toMatch(/arguments: must have required property 'id'/u);
    const many = fakeTool(
      'many',
      Object.fromEntries(
        Array.from({ length: 8 }, (_value, index) => [`p${index}`, { type: 'string' }]),
      ),
    );
    expect(refusal({}, many).message).toContain('; and 3 more');
  },
);

verifies('batch:bad-calls', 'hostile texts are refused in bounded time and stack', () => {
  expect(refusal('['.repeat(1_000_000)).code).toBe('arguments-json');
  expect(refusal('{"a":'.repeat(200_000)).code).toBe('arguments-json');
  expect(refusal(`${'['.repeat(500_000)}${']'.repeat(500_000)}`).code).toBe('arguments-not-object');
  expect(refusal(`{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`).code).toBe(
    'arguments-too-deep',
  );
  // Broken beyond the part that is searched: the place is not told rather than told wrong.
  expect(refusal(`{"a":"${'x'.repeat(2_000_000)}" oops}`).message).toContain(
    'not valid JSON. Nothing',
  );
  const large = refusal(`"${'x'.repeat(16 * 1024 * 1024)}"`);
  expect(large.code).toBe('arguments-too-large');
  expect(JSON.stringify(large.arguments).length).toBeLessThan(300);
});

verifies(
  'batch:bad-calls',
  'hostile characters of a text reach no terminal by way of the error',
  () => {
    expect(refusal('{"a": \u001B[31m}').message).not.toContain('\u001B');
  },
);
