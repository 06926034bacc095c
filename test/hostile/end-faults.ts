import { expect } from 'vitest';
import { eventually } from '../support/leaks.ts';
import { rawEntry, rawTools, textOf } from '../support/raw-host.ts';
import { fault, hostile, type Fault, type Row } from './beside-a-fault.ts';

const lazy = { start: 'lazy' };

interface Ending {
  /** As the fixture is told. */
  readonly end: { readonly code: number } | { readonly signal: string };
  /** As the host tells it. */
  readonly words: string;
}

function ending({ end, words }: Ending): readonly Row[] {
  return [
    {
      rows: ['II-17'],
      title: `a server that ends before the handshake is told so: ${words}`,
      atStart: true,
      servers: (stage) => ({
        faulty: hostile(stage, { door: 'dies', ...end, words: 'no \u001b[1mdatabase' }, lazy),
      }),
      strike: (scene) => scene.call('echo'),
      check: ({ outcome }, scene) => {
        expect(outcome).toMatchObject({ kind: 'failed', ran: 'no' });
        for (const part of [words, 'no \\x1b[1mdatabase']) {
          expect(textOf(outcome)).toContain(part);
          expect(scene.state()).toMatchObject({
            kind: 'failed',
            reason: expect.stringContaining(part) as string,
          });
        }
      },
      recovers: false,
    },
    {
      rows: ['B1-16', 'II-17'],
      title: `a server that ends in mid-batch fails what it had, and is back for the next: ${words}`,
      servers: (stage) => ({ faulty: hostile(stage, {}, { parallel: 'always' }) }),
      strike: async (scene) => {
        const other = scene.call('late');
        await scene.meeting.arrived('fault');
        const record = await scene.call('exit', { ...end, words: 'no database' });
        expect((await other).outcome).toEqual(record.outcome);
        return record;
      },
      check: (record) => {
        expect(record).toMatchObject({
          attempts: 1,
          outcome: { kind: 'failed', code: 'connection-lost', ran: 'unknown' },
        });
        expect(textOf(record.outcome)).toContain(words);
        expect(textOf(record.outcome)).toContain('no database');
      },
    },
    {
      rows: ['II-17'],
      title: `a server that ends while nobody calls it is back for the next call: ${words}`,
      servers: (stage) => ({ faulty: hostile(stage) }),
      strike: async (scene) => {
        const lost = new Promise((resolve) => {
          scene.raw.host.on('connection-change', ({ server, state }) => {
            if (server === 'faulty' && state.kind === 'backing-off') resolve(state.reason);
          });
        });
        const record = await scene.call('exit-idle', end);
        expect(await lost).toContain(words);
        return record;
      },
      check: ({ outcome }) => expect(textOf(outcome)).toBe('bye'),
    },
  ];
}

const ENDS = [
  { end: { code: 0 }, words: 'it exited with code 0' },
  { end: { code: 1 }, words: 'it exited with code 1' },
  { end: { code: 7 }, words: 'it exited with code 7' },
  { end: { signal: 'SIGSEGV' }, words: 'it was killed by SIGSEGV' },
].flatMap(ending);

function mute(mode: 'silent' | 'silent-list'): Row {
  return {
    rows: ['II-15', 'B1-21'],
    title: `a server that is ${mode} is given up after its time, and its process is gone`,
    atStart: true,
    servers: () => ({
      faulty: rawEntry(
        mode,
        { tools: rawTools('echo') },
        { ...lazy, protocol: 'legacy', timeouts: { connectMs: 500 } },
      ),
    }),
    strike: (scene) => scene.call('echo'),
    check: async ({ outcome }, scene) => {
      expect(outcome).toMatchObject({ kind: 'failed', ran: 'no' });
      expect(textOf(outcome)).toContain('connectMs');
      // It is tried again, in a while: what must not be is two of them.
      await eventually('the end of its process', () => scene.raw.processes().length <= 2);
    },
    recovers: false,
  };
}

const STARTS: readonly Row[] = [
  mute('silent'),
  mute('silent-list'),
  {
    rows: ['II-18'],
    title: 'a server that ends right after each start is left alone, and says so',
    servers: () => ({ faulty: rawEntry('short-lived', { tools: rawTools('echo') }) }),
    strike: (scene) =>
      new Promise((resolve) => {
        scene.raw.host.on('connection-change', ({ server, state }) => {
          if (server === 'faulty' && state.kind === 'failed') resolve(scene.call('echo'));
        });
      }),
    lasts: (_, struck) => struck,
    check: ({ outcome }, scene) => {
      expect(outcome).toMatchObject({ kind: 'failed', code: 'server-unavailable', ran: 'no' });
      for (const words of ['code 5', 'cannot stay', '5 times in a row', 'left alone for 60 s']) {
        expect(textOf(outcome)).toContain(words);
      }
      expect(scene.state()).toMatchObject({ retryInMs: expect.any(Number) as number });
    },
    recovers: false,
  },
  {
    rows: ['II-40'],
    title: 'a version that nobody knows is refused by name',
    atStart: true,
    servers: () => ({ faulty: rawEntry('version-lie', {}, lazy) }),
    strike: (scene) => scene.call('echo'),
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ kind: 'failed', ran: 'no' });
      expect(textOf(outcome)).toContain('1999-01-01');
    },
    recovers: false,
  },
  {
    rows: ['II-40'],
    title: 'a server that says it is of the new era and of no version of it is refused',
    atStart: true,
    servers: (stage) => ({
      faulty: hostile(
        stage,
        {
          discover: {
            supportedVersions: ['2099-01-01'],
            capabilities: { tools: {} },
            serverInfo: { name: 'x', version: '1' },
            resultType: 'complete',
            ttlMs: 0,
            cacheScope: 'private',
          },
        },
        { ...lazy, protocol: 'modern' },
      ),
    }),
    strike: (scene) => scene.call('echo'),
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ kind: 'failed', ran: 'no' });
      expect(textOf(outcome)).toContain('2099-01-01');
    },
    recovers: false,
  },
];

/** Servers that do not come up, and servers that go away. */
export const END_FAULTS: readonly Fault[] = [...ENDS, ...STARTS].map(fault);
