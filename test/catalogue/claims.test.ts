import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { accessFacts, claimsOf, type AccessFacts } from '../../src/catalogue/claims.ts';
import type { ParallelMode, ToolSettings } from '../../src/config/host-config.ts';
import { serverId } from '../../src/call/names.ts';
import type { RawAnnotations, RawTool } from '../../src/connect/raw-tool.ts';
import { fakeTool } from '../support/fake-tools.ts';
import { serverConfig } from '../support/scripted-host.ts';

interface Given {
  readonly name?: string;
  readonly annotations?: RawAnnotations;
  readonly settings?: ToolSettings;
  readonly parallel?: ParallelMode;
  readonly trust?: boolean;
  readonly meta?: JsonObject;
}

function facts({
  name = 'thing',
  annotations,
  settings,
  parallel = 'auto',
  trust = true,
  meta,
}: Given): AccessFacts {
  const raw: RawTool = {
    name,
    inputSchema: { type: 'object' },
    ...(annotations === undefined ? {} : { annotations }),
    ...(meta === undefined ? {} : { _meta: meta }),
  };
  const tools = new Map(settings === undefined ? [] : [[name, settings]]);
  return accessFacts(raw, serverConfig(serverId('s'), { parallel, tools }), trust);
}

const RO: RawAnnotations = { readOnlyHint: true };

describe('the first rule that speaks chooses the class', () => {
  const rules: readonly (readonly [string, Given, string, string])[] = [
    // 1. config
    ['a tool’s own setting', { settings: { access: 'write' } }, 'write', 'config:access'],
    [
      'a tool’s own setting beats a hint',
      { settings: { access: 'write' }, annotations: RO },
      'write',
      'config:access',
    ],
    [
      'a tool’s own setting beats a verb',
      { settings: { access: 'read' }, name: 'write_file' },
      'read',
      'config:access',
    ],
    [
      'a tool’s own setting beats its server’s',
      { settings: { access: 'write' }, parallel: 'always' },
      'write',
      'config:access',
    ],
    [
      '… and the other way round',
      { settings: { access: 'read' }, parallel: 'never' },
      'read',
      'config:access',
    ],
    ['always', { parallel: 'always', name: 'write_file' }, 'read', 'config:parallel=always'],
    ['never', { parallel: 'never', annotations: RO }, 'write', 'config:parallel=never'],
    [
      'read-only, for a tool that is annotated so',
      { parallel: 'read-only', annotations: RO },
      'read',
      'annotation:readOnlyHint',
    ],
    ['read-only, for any other', { parallel: 'read-only' }, 'write', 'config:parallel=read-only'],
    [
      'read-only, for one that contradicts itself',
      { parallel: 'read-only', annotations: { ...RO, destructiveHint: true } },
      'write',
      'config:parallel=read-only',
    ],
    // 2. annotations
    ['readOnlyHint', { annotations: RO }, 'read', 'annotation:readOnlyHint'],
    [
      'readOnlyHint beats a verb',
      { annotations: RO, name: 'create_report' },
      'read',
      'annotation:readOnlyHint',
    ],
    [
      'readOnlyHint: false',
      { annotations: { readOnlyHint: false }, name: 'get_thing' },
      'write',
      'annotation:readOnlyHint',
    ],
    [
      'destructiveHint',
      { annotations: { destructiveHint: true } },
      'write',
      'annotation:destructiveHint',
    ],
    [
      'destructiveHint: false, which only writes have',
      { annotations: { destructiveHint: false } },
      'write',
      'annotation:destructiveHint',
    ],
    [
      'idempotentHint, which only writes have',
      { annotations: { idempotentHint: true } },
      'write',
      'annotation:idempotentHint',
    ],
    [
      'idempotentHint: false',
      { annotations: { idempotentHint: false } },
      'write',
      'annotation:idempotentHint',
    ],
    [
      'idempotentHint of a read',
      { annotations: { ...RO, idempotentHint: true } },
      'read',
      'annotation:readOnlyHint',
    ],
    [
      'destructiveHint: false of a read',
      { annotations: { ...RO, destructiveHint: false } },
      'read',
      'annotation:readOnlyHint',
    ],
    [
      'a contradiction',
      { annotations: { ...RO, destructiveHint: true } },
      'write',
      'annotation:destructiveHint',
    ],
    // 3. the verb
    ['a verb', { name: 'write_file' }, 'write', 'verb:write'],
    [
      'a verb beside a hint that says nothing of it',
      { name: 'write_file', annotations: { openWorldHint: true } },
      'write',
      'verb:write',
    ],
    // 4. otherwise
    ['nothing', { name: 'thing' }, 'read', 'default'],
    ['an open world is no access', { annotations: { openWorldHint: true } }, 'read', 'default'],
  ];

  test.each(rules)('%s', (...[, given, access, accessRule]) => {
    expect(facts(given)).toMatchObject({ access, accessRule });
  });

  test('hints schedule calls though they are not trusted to declare', () => {
    expect(facts({ annotations: RO, trust: false })).toMatchObject({
      access: 'read',
      accessRule: 'annotation:readOnlyHint',
    });
  });
});

describe('declared is more than classed', () => {
  const declarations: readonly (readonly [string, Given, boolean, boolean, string])[] = [
    ['the default class declares nothing', {}, false, false, 'nobody'],
    ['readOnlyHint declares', { annotations: RO }, true, true, 'annotation'],
    ['… unless hints are not trusted', { annotations: RO, trust: false }, false, false, 'nobody'],
    [
      '… unless it contradicts itself',
      { annotations: { ...RO, destructiveHint: true } },
      false,
      false,
      'nobody',
    ],
    [
      '… unless config says it writes',
      { annotations: RO, settings: { access: 'write' } },
      false,
      false,
      'nobody',
    ],
    [
      '… unless config un-declares it',
      { annotations: RO, settings: { declared: false } },
      false,
      false,
      'nobody',
    ],
    ['config declares', { settings: { declared: true } }, true, true, 'config'],
    [
      '… though hints are not trusted',
      { settings: { declared: true }, trust: false },
      true,
      true,
      'config',
    ],
    [
      '… whatever the hint says',
      { settings: { declared: true }, annotations: { readOnlyHint: false } },
      true,
      true,
      'config',
    ],
    [
      '… but not a tool that it says writes',
      { settings: { declared: true, access: 'write' } },
      false,
      false,
      'nobody',
    ],
    [
      'config’s class alone declares nothing',
      { settings: { access: 'read' } },
      false,
      false,
      'nobody',
    ],
    [
      'idempotentHint declares idempotent, not read-only',
      { annotations: { idempotentHint: true } },
      false,
      true,
      'nobody',
    ],
    [
      '… unless hints are not trusted',
      { annotations: { idempotentHint: true }, trust: false },
      false,
      false,
      'nobody',
    ],
    [
      'config declares idempotent',
      { settings: { idempotent: true }, trust: false },
      false,
      true,
      'nobody',
    ],
    [
      'config takes it back',
      { annotations: { idempotentHint: true }, settings: { idempotent: false } },
      false,
      false,
      'nobody',
    ],
    [
      'parallel: always changes claims, not declarations',
      { parallel: 'always' },
      false,
      false,
      'nobody',
    ],
    [
      'parallel: never changes claims, not declarations',
      { parallel: 'never', annotations: RO },
      true,
      true,
      'annotation',
    ],
  ];

  test.each(declarations)('%s', (...[, given, readOnly, idempotent, by]) => {
    expect(facts(given)).toMatchObject({
      declaredReadOnly: readOnly,
      declaredIdempotent: idempotent,
      declaredBy: by,
    });
  });
});

describe('whether a tool claims anything', () => {
  test('is its server’s choice, and its own setting beats it', () => {
    expect(facts({}).claims).toBe(true);
    expect(facts({ parallel: 'always' }).claims).toBe(false);
    expect(facts({ parallel: 'always', settings: { access: 'write' } }).claims).toBe(true);
    expect(facts({ parallel: 'always', settings: { keys: ['id'] } }).claims).toBe(false);
    expect(facts({ parallel: 'never' }).claims).toBe(true);
  });

  test('keys come from config, else from the tool’s own _meta, as far as they are names', () => {
    expect(facts({ meta: { 'mcp-fanout/keys': ['path', 3, null, 'to'] } }).keys).toEqual([
      'path',
      'to',
    ]);
    expect(facts({ meta: { 'mcp-fanout/keys': 'path' } }).keys).toEqual([]);
    expect(
      facts({ meta: { 'mcp-fanout/keys': ['path'] }, settings: { keys: ['id'] } }).keys,
    ).toEqual(['id']);
    expect(facts({ meta: { 'mcp-fanout/keys': ['path'] }, settings: { keys: [] } }).keys).toEqual(
      [],
    );
    expect(facts({}).keys).toEqual([]);
  });
});

describe('what one call claims', () => {
  const whole = (mode: string): unknown => [{ resource: 's', value: undefined, mode }];
  const claims = (keys: readonly string[], args: JsonObject, options: object = {}): unknown =>
    claimsOf(fakeTool('t', {}, { server: 's', keys, access: 'write', ...options }), args);

  test('is its whole resource without keys, shared for a read', () => {
    expect(claims([], { path: 'a' })).toEqual(whole('write'));
    expect(claims([], {}, { access: 'read' })).toEqual(whole('read'));
    expect(claims([], {}, { resource: 'joined' })).toEqual([
      { resource: 'joined', value: undefined, mode: 'write' },
    ]);
  });

  test('is nothing for a tool that claims nothing', () => {
    expect(claims(['path'], { path: 'a' }, { claims: false })).toEqual([]);
  });

  test('is the record that each key names, whatever the argument is called', () => {
    const [one] = claims(['path'], { path: 'a' }) as [unknown];
    const two = claims(['source', 'destination'], { source: 'a', destination: 'b' }) as unknown[];
    expect(two).toHaveLength(2);
    expect(two).toContainEqual(one);
    expect(claims(['source', 'destination'], { source: 'a', destination: 'a' })).toHaveLength(1);
  });

  test('is each element of a list, and the whole for an empty one', () => {
    expect(claims(['paths'], { paths: ['a', 'b', 'a'] })).toHaveLength(2);
    expect(claims(['paths'], { paths: [] })).toEqual(whole('write'));
    expect(claims(['paths'], { paths: ['a'] })).toEqual(claims(['path'], { path: 'a' }));
  });

  test('compares values as given: a number is no text', () => {
    expect(claims(['id'], { id: 1 })).not.toEqual(claims(['id'], { id: '1' }));
    expect(claims(['id'], { id: '' })).not.toEqual(whole('write'));
    expect(claims(['id'], { id: false })).toHaveLength(1);
  });

  test.each([
    ['a key is missing', ['a', 'b'], { a: 'x' }],
    ['a key is null', ['a'], { a: null }],
    ['a key is an object', ['a'], { a: { id: 1 } }],
    ['an element of a list is no plain value', ['a'], { a: ['x', null] }],
    ['an element of a list is an object', ['a'], { a: ['x', { id: 1 }] }],
    ['a key is only inherited', ['toString'], {}],
    [
      'there are too many records',
      ['a'],
      { a: Array.from({ length: 65 }, (_value, index) => index) },
    ],
  ])('is the whole when %s', (_when, keys, args) => {
    expect(claims(keys, args)).toEqual(whole('write'));
  });

  test('may be named by a key that is called like a property of objects', () => {
    expect(claims(['__proto__'], JSON.parse('{"__proto__":"x"}') as JsonObject)).toEqual([
      { resource: 's', value: '"x"', mode: 'write' },
    ]);
  });
});
