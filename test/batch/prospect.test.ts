import { describe, expect, test } from 'vitest';
import { defect } from '../../src/call/defect.ts';
import { serverId } from '../../src/call/names.ts';
import { readKey } from '../../src/call/read-key.ts';
import type { Tool } from '../../src/call/tool.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { claimsOf } from '../../src/catalogue/claims.ts';
import type { Plan } from '../../src/batch/plan.ts';
import { prospectOf } from '../../src/batch/prospect.ts';
import { fakeTool } from '../support/fake-tools.ts';

const READ = fakeTool('get', {}, { declaredReadOnly: true });
const WRITE = fakeTool('set', {}, { access: 'write', declaredReadOnly: false });

function run(tool: Tool, args: JsonObject = {}): Plan {
  return { kind: 'run', tool, arguments: args, claims: claimsOf(tool, args) };
}

describe('of a whole batch', () => {
  test('reads that differ have nothing to do with each other', () => {
    const prospect = prospectOf([run(READ, { id: 1 }), run(READ, { id: '1' }), run(READ)]);
    expect(prospect).toEqual({ mayConflict: false, repeats: new Set() });
  });

  test('one write is enough for calls to conflict, wherever it stands and whatever it claims', () => {
    for (const plans of [
      [run(READ), run(WRITE)],
      [run(WRITE), run(READ)],
      [run(READ), run({ ...WRITE, resource: 'other', keys: ['id'] }, { id: 1 })],
    ]) {
      expect(prospectOf(plans)?.mayConflict).toBe(true);
    }
    expect(prospectOf([run({ ...WRITE, claims: false })])?.mayConflict).toBe(false);
  });

  test('a declared read that is there twice may be shared, whatever the order of its arguments', () => {
    const plans = [run(READ, { a: 1, b: 2 }), run(READ, { b: 2, a: 1 }), run(READ, { a: 1 })];
    const key = readKey(READ, { a: 1, b: 2 });
    expect(prospectOf(plans)?.repeats).toEqual(new Set([key]));
    const undeclared = { ...READ, declaredReadOnly: false };
    expect(prospectOf([run(undeclared), run(undeclared)])?.repeats.size).toBe(0);
  });

  test('what is refused counts for nothing', () => {
    const refused: Plan = { kind: 'refuse', outcome: defect(new Error('x'), 0) };
    expect(prospectOf([refused, run(READ)])).toEqual({ mayConflict: false, repeats: new Set() });
  });

  test('nothing is known while one of its servers has not settled', () => {
    const server = serverId('s');
    const route = { kind: 'pending', server, resource: 's', settled: Promise.resolve() } as const;
    expect(prospectOf([run(READ), { kind: 'wait', route }])).toBeUndefined();
  });
});
