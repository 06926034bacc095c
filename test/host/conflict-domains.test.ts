import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Host, ToolCall } from '../../src/index.ts';
import { GatedServer } from '../support/gated-server.ts';
import { rawHost } from '../support/raw-host.ts';
import { verifies } from '../support/verifies.ts';

/*
 * Which calls wait for each other, through the whole host and real servers that answer when the test says so. A call that does not wait is seen to arrive
 * while the other one is under way; of one that waits, the host has told that it does, before anything that the test still lets happen.
 */

const TOOLS = ['put', 'move', 'get'];
const WRITES = { put: { access: 'write' }, move: { access: 'write' }, get: { access: 'read' } };
const KEYED = {
  put: { access: 'write', keys: ['id'] },
  move: { access: 'write', keys: ['from', 'to'] },
  get: { access: 'read', keys: ['record'] },
};

function call(name: string, tag: string, args: object = {}): ToolCall {
  return { id: tag, name, arguments: { tag, ...args } };
}

/** Resolves when the calls of these ids wait for a turn. */
function waiting(host: Host, ids: readonly string[]): Promise<void> {
  const missing = new Set(ids);
  const all = deferred<void>();
  host.on('call-wait-start', ({ id, reason }) => {
    if (reason !== 'order' && reason !== 'lock') return;
    missing.delete(id);
    if (missing.size === 0) all.resolve();
  });
  return all.promise;
}

/** Resolves when the calls of these ids have ended. */
function ended(host: Host, ids: readonly string[]): Promise<void> {
  const missing = new Set(ids);
  const all = deferred<void>();
  host.on('call-end', ({ record }) => {
    missing.delete(record.id);
    if (missing.size === 0) all.resolve();
  });
  return all.promise;
}

describe('different servers', () => {
  verifies(
    'batch:conflict-domains',
    'never wait for each other: three calls on one are over while a write on the other still runs',
    async () => {
      await using a = await GatedServer.start(TOOLS);
      await using b = await GatedServer.start(TOOLS);
      await using raw = await rawHost({
        a: a.entry({ tools: WRITES }),
        b: b.entry({ tools: WRITES }),
      });
      const others = ended(raw.host, ['b1', 'b2', 'b3']);
      const behind = waiting(raw.host, ['a2', 'b2', 'b3']);
      const batch = raw.host.runBatch([
        call('a__put', 'a1'),
        call('b__put', 'b1'),
        call('a__get', 'a2'),
        call('b__get', 'b2'),
        call('b__put', 'b3'),
      ]);
      await Promise.all([a.reached('a1'), b.reached('b1'), behind]);
      // Within a server they take turns.
      expect(b.arrived).toEqual(['b1']);
      b.open('b1');
      await b.reached('b2');
      expect(b.arrived).toEqual(['b1', 'b2']);
      b.open('b2', 'b3');
      await others;
      // The batch takes as long as the slower server, not as long as both: this one is not even half-way.
      expect(a.arrived).toEqual(['a1']);
      a.open('a1', 'a2');
      const records = await batch;
      expect(records.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
      expect(a.arrived).toEqual(['a1', 'a2']);
    },
  );

  verifies(
    'batch:conflict-domains',
    'nor do other batches: one on another server runs through beside a write that hangs',
    async () => {
      await using a = await GatedServer.start(TOOLS);
      await using b = await GatedServer.start(TOOLS);
      await using raw = await rawHost({
        a: a.entry({ tools: WRITES }),
        b: b.entry({ tools: WRITES }),
      });
      const first = raw.host.runBatch([call('a__put', 'a1')]);
      await a.reached('a1');
      b.open('b1', 'b2');
      const second = await raw.host.runBatch([call('b__put', 'b1'), call('b__put', 'b2')]);
      expect(second.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok']);
      // A batch on the same server waits.
      const behind = waiting(raw.host, ['a2']);
      const third = raw.host.runBatch([call('a__put', 'a2')]);
      await behind;
      expect(a.arrived).toEqual(['a1']);
      a.open('a1', 'a2');
      await Promise.all([first, third]);
    },
  );
});

describe('keys', () => {
  verifies(
    'batch:conflict-domains',
    'narrow a claim to records: a resource and a value, whatever the argument is called',
    async () => {
      await using a = await GatedServer.start(TOOLS);
      await using raw = await rawHost({ a: a.entry({ tools: KEYED }) });
      const behind = waiting(raw.host, ['same', 'read', 'moved', 'whole']);
      const batch = raw.host.runBatch([
        call('a__put', 'one', { id: 1 }),
        call('a__put', 'two', { id: 2 }),
        call('a__put', 'same', { id: 1 }),
        // The same record by other names, and by one of two.
        call('a__get', 'read', { record: 2 }),
        call('a__move', 'moved', { from: 3, to: 1 }),
        // A text is another value than a number.
        call('a__put', 'text', { id: '1' }),
        // Without its key it may be any record.
        call('a__put', 'whole'),
      ]);
      await Promise.all([...['one', 'two', 'text'].map((tag) => a.reached(tag)), behind]);
      expect([...a.arrived].sort()).toEqual(['one', 'text', 'two']);
      a.open('two', 'read');
      await a.reached('read');
      a.open('one', 'same', 'moved');
      await a.reached('moved');
      expect(a.arrived).not.toContain('whole');
      expect(a.arrived.indexOf('same')).toBeLessThan(a.arrived.indexOf('moved'));
      a.open('text', 'whole');
      const records = await batch;
      expect(records.every(({ outcome }) => outcome.kind === 'ok')).toBe(true);
      expect(a.arrived.at(-1)).toBe('whole');
    },
  );
});

describe('a resource', () => {
  verifies(
    'batch:conflict-domains',
    'joins servers: they take turns like one server, and by record where keys say so',
    async () => {
      await using a = await GatedServer.start(TOOLS);
      await using b = await GatedServer.start(TOOLS);
      await using c = await GatedServer.start(TOOLS);
      await using raw = await rawHost({
        a: a.entry({ tools: KEYED, resource: 'store' }),
        b: b.entry({ tools: KEYED, resource: 'store' }),
        c: c.entry({ tools: KEYED }),
      });
      const behind = waiting(raw.host, ['b1', 'b-all']);
      const batch = raw.host.runBatch([
        call('a__put', 'a1', { id: 1 }),
        call('b__put', 'b1', { id: 1 }),
        call('b__put', 'b2', { id: 2 }),
        call('c__put', 'c1', { id: 1 }),
        call('b__put', 'b-all'),
      ]);
      await Promise.all([a.reached('a1'), b.reached('b2'), c.reached('c1'), behind]);
      expect(b.arrived).toEqual(['b2']);
      a.open('a1');
      await b.reached('b1');
      expect(b.arrived).toEqual(['b2', 'b1']);
      b.open('b1', 'b2', 'b-all');
      c.open('c1');
      const records = await batch;
      expect(records.every(({ outcome }) => outcome.kind === 'ok')).toBe(true);
      expect(b.arrived.at(-1)).toBe('b-all');
    },
  );
});
