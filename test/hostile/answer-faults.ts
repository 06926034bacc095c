import { expect } from 'vitest';
import { rawEntry, rawTools, textOf } from '../support/raw-host.ts';
import { fault, hostile, type Fault, type Row } from './beside-a-fault.ts';

const KIB = 1_024;
const MIB = KIB * KIB;
const raw = (mode: string, ...tools: readonly string[]): Row['servers'] => {
  return () => ({ faulty: rawEntry(mode, { tools: rawTools('echo', ...tools) }) });
};
const evil: Row['servers'] = (stage) => ({ faulty: hostile(stage) });
const failing = (code: string, ran: string): object => ({
  outcome: { kind: 'failed', code, ran },
});

function odd(tool: string): Row {
  return {
    rows: ['II-20'],
    title: `an answer that is written oddly is read all the same: ${tool}`,
    servers: raw('good', tool),
    strike: (scene) => scene.call(tool),
    check: (record) => expect(record.outcome.kind).toBe('ok'),
  };
}

const ANSWERS: readonly Row[] = [
  {
    rows: ['B1-12', 'II-19'],
    title: 'an answer with both a result and an error fails its call, at once',
    servers: raw('good', 'both'),
    strike: (scene) => scene.call('both'),
    check: (record) => expect(record).toMatchObject(failing('invalid-reply', 'unknown')),
  },
  {
    rows: ['II-19'],
    title: 'an answer with neither a result nor an error does so, too',
    servers: raw('good', 'neither'),
    strike: (scene) => scene.call('neither'),
    check: (record) => expect(record).toMatchObject(failing('invalid-reply', 'unknown')),
  },
  {
    rows: ['B1-14', 'II-19'],
    title: 'a second answer is dropped and told of',
    servers: raw('good', 'duplicate'),
    strike: (scene) => scene.call('duplicate'),
    check: (record, scene) => {
      expect(textOf(record.outcome)).toBe('first');
      expect(scene.notices()).toEqual(['stray-answer']);
    },
  },
  {
    rows: ['II-19'],
    title: 'answers to what nobody asked reach nobody, and are told of once',
    servers: evil,
    strike: (scene) => scene.call('unknown-ids'),
    check: (record, scene) => {
      expect(textOf(record.outcome)).toBe('mine');
      expect(scene.notices()).toEqual(['stray-answer']);
    },
  },
  {
    rows: ['B1-13'],
    title: 'a text for the number of its request is taken',
    servers: raw('good', 'string-id'),
    strike: (scene) => scene.call('string-id'),
    check: (record) => expect(textOf(record.outcome)).toBe('string id'),
  },
  {
    rows: ['B1-15', 'II-20'],
    title: 'junk on stdout, before and between messages, is skipped and told of once',
    servers: (stage) => ({ faulty: hostile(stage), chatty: rawEntry('junk', { tools: [] }) }),
    strike: (scene) =>
      scene.call('write', {
        line: '\u001b[31mready\nnull\n{"id"\n{"jsonrpc":"2.0","id":ID,"result":{"content":[]}}\n',
      }),
    check: (record, scene) => {
      expect(record.outcome.kind).toBe('ok');
      expect(scene.notices()).toEqual(['stdout-junk']);
      expect(scene.noticeText('stdout-junk')).toContain('\\x1b[31mready');
      expect(scene.state('chatty').kind).toBe('ready');
    },
  },
  odd('joined'),
  odd('crlf-bom'),
  odd('split-utf8'),
  odd('batch'),
  {
    rows: ['B1-24'],
    title: '__proto__ and constructor in a result change nothing but that result',
    servers: evil,
    strike: (scene) =>
      scene.call('write', {
        line: '{"jsonrpc":"2.0","id":ID,"__proto__":{"polluted":1},"result":{"__proto__":{"polluted":1},"content":[{"type":"text","text":"x","__proto__":{"polluted":1}}],"structuredContent":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}}\n',
      }),
    check: (record) => {
      expect(record.outcome.kind).toBe('ok');
      for (const value of [{}, [], record, record.outcome, Object]) {
        expect((value as { polluted?: unknown }).polluted).toBeUndefined();
      }
    },
  },
  {
    rows: ['B1-11'],
    title: 'an answer that nests a hundred thousand deep fails its call',
    servers: raw('good', 'deep'),
    strike: (scene) => scene.call('deep', { depth: 100_000 }),
    check: (record) => {
      expect(record).toMatchObject(failing('too-large', 'yes'));
      expect(textOf(record.outcome)).toContain('nested deeper than 200 levels');
      expect(JSON.stringify(record)).toContain('too-large');
    },
  },
  {
    rows: ['II-16'],
    title: 'an answer that comes after its time is dropped, and the next call gets its own',
    servers: (stage) => ({ faulty: hostile(stage, {}, { timeouts: { attemptMs: 3_000 } }) }),
    strike: (scene) => scene.call('late'),
    lasts: (_, struck) => struck,
    check: async (record, scene) => {
      expect(record.outcome).toMatchObject({ kind: 'timeout', code: 'attemptMs', ran: 'unknown' });
      // The late answer comes before this one.
      expect(textOf((await scene.call('late')).outcome)).toBe('late');
      expect(scene.notices()).toEqual([]);
    },
  },
];

const SIZES: readonly Row[] = [
  {
    rows: ['B1-07', 'II-21'],
    title: 'an answer of eleven megabytes where ten are allowed fails its call alone',
    config: { limits: { maxMessageBytes: 10 * MIB } },
    servers: (stage) => ({ faulty: hostile(stage, {}, { parallel: 'always' }) }),
    strike: (scene) => scene.call('text', { unit: 'x', times: 11 * MIB }),
    check: (record) => {
      expect(record).toMatchObject(failing('too-large', 'yes'));
      expect(textOf(record.outcome)).toMatch(
        /^server "faulty" sent a message of .*10485760 bytes \(limits\.maxMessageBytes\)/,
      );
    },
  },
  {
    rows: ['B1-08', 'II-21'],
    title: 'an answer over the limit fails its call before its line has ended',
    config: { limits: { maxMessageBytes: MIB } },
    servers: evil,
    strike: async (scene) => {
      const record = await scene.call('half-a-line', { named: true, megabytes: 64, ends: true });
      // What it answers to others must not land in the middle of it.
      await scene.meeting.arrived('fault');
      return record;
    },
    lasts: (_, struck) => struck,
    check: (record) => expect(record).toMatchObject(failing('too-large', 'yes')),
  },
  {
    rows: ['B1-08', 'II-21'],
    title:
      'sixty-four megabytes without a line end, and then silence, end the connection, which is made anew',
    config: { limits: { maxMessageBytes: MIB } },
    servers: evil,
    strike: (scene) => scene.call('half-a-line', { megabytes: 64 }),
    lasts: (scene) => scene.meeting.arrived('fault'),
    check: (record) => {
      expect(record).toMatchObject(failing('connection-lost', 'unknown'));
      expect(textOf(record.outcome)).toContain('limits.maxMessageBytes');
    },
  },
  {
    rows: ['B1-08', 'II-21'],
    title: 'a line without an end that never pauses does so, too',
    config: { limits: { maxMessageBytes: MIB } },
    servers: evil,
    strike: (scene) => scene.call('endless-line'),
    check: (record) => {
      expect(record).toMatchObject(failing('connection-lost', 'unknown'));
      expect(textOf(record.outcome)).toContain('limits.maxMessageBytes');
    },
  },
  {
    rows: ['II-21'],
    title: 'a million parts in one answer are cut to what anybody can use',
    servers: evil,
    strike: (scene) => scene.call('many-parts', { count: 1_000_000 }),
    check: ({ outcome }) => {
      if (outcome.kind !== 'ok') throw new Error(JSON.stringify(outcome));
      expect(outcome.content.length).toBeLessThan(20_000);
      expect(outcome.content.at(-1)?.['text']).toContain('1000000');
    },
  },
];

/** What servers answer over stdio: replies that are wrong, odd, late or too large. */
export const ANSWER_FAULTS: readonly Fault[] = [...ANSWERS, ...SIZES].map(fault);
