import { expect } from 'vitest';
import { textOf } from '../support/raw-host.ts';
import { fault, hostile, type Fault, type Row } from './beside-a-fault.ts';

const MIB = 1_024 * 1_024;
const evil: Row['servers'] = (stage) => ({ faulty: hostile(stage) });
const impatient =
  (timeouts: object): Row['servers'] =>
  (stage) => ({ faulty: hostile(stage, {}, { timeouts, parallel: 'always' }) });

function encoded(type: string): Row {
  return {
    rows: ['II-32'],
    title: `fifty megabytes of ${type} are replaced by a note of what they were and where they are`,
    config: { limits: { maxResultBytes: MIB } },
    servers: evil,
    strike: (scene) => scene.call('encoded', { type, megabytes: 50 }),
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ kind: 'ok', content: [{ type: 'text' }] });
      expect(textOf(outcome)).toMatch(/x\/y, 39,321,600 bytes.*kept in \//);
    },
  };
}

const CONTENT: readonly Row[] = [
  {
    rows: ['II-32'],
    title: 'a text of fifty megabytes is cut, with a note of how much and of where the whole is',
    config: { limits: { maxResultBytes: MIB } },
    servers: evil,
    strike: (scene) => scene.call('text', { unit: 'x', times: 50 * MIB }),
    check: ({ outcome }) => {
      const text = textOf(outcome);
      expect(text.length).toBeLessThanOrEqual(MIB + 1_000);
      expect(text.slice(-300)).toMatch(/of 52,428,800 bytes.*The whole is kept in \//);
    },
  },
  encoded('image'),
  encoded('audio'),
  {
    rows: ['II-32', 'II-42'],
    title:
      'links to files and addresses are handed on and not followed, and unknown content becomes text',
    servers: evil,
    strike: (scene) => scene.call('links'),
    check: ({ outcome }, scene) => {
      expect(outcome).toMatchObject({
        kind: 'ok',
        content: [
          { type: 'resource_link', uri: 'file:///etc/passwd' },
          { type: 'resource_link', uri: 'http://169.254.169.254/latest/meta-data/' },
          { type: 'resource_link', uri: expect.stringMatching(/^http:\/\/127/) as string },
          { type: 'resource', resource: { uri: 'file:///etc/shadow', text: 'mine' } },
          { type: 'text', text: expect.stringContaining('"hologram"') as string },
        ],
      });
      expect(scene.notices()).toEqual([]);
    },
  },
  {
    rows: ['II-33'],
    title: 'structured content that breaks its own schema fails its call with the place',
    servers: (stage) => ({
      faulty: hostile(stage, {
        list: 'pattern-without-end',
        answer: { content: [], structuredContent: { n: [1] } },
      }),
    }),
    strike: (scene) => scene.call('bad'),
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ kind: 'failed', code: 'invalid-result', ran: 'yes' });
      expect(textOf(outcome)).toContain('/n: must be string');
    },
  },
];

const FLOODS: readonly Row[] = [
  {
    rows: ['II-34'],
    title: 'progress that never ends, for this call and for others, ends with the time of the call',
    servers: impatient({ attemptMs: 2_500, idleMs: 2_000 }),
    strike: (scene) => scene.call('progress-for-ever'),
    lasts: (scene) =>
      new Promise((resolve) => {
        scene.raw.host.on('call-progress', resolve);
      }),
    check: (record) => {
      expect(record.outcome).toMatchObject({ kind: 'timeout', code: 'attemptMs' });
    },
  },
  {
    rows: ['II-35'],
    title: 'a thousand requests at once are declined where nothing is offered, or dropped',
    servers: evil,
    strike: (scene) => scene.call('ask-thousand'),
    check: ({ outcome }) => {
      const answers = JSON.parse(textOf(outcome)) as Readonly<Record<string, number>>;
      expect(answers['ping fine']).toBe(250);
      // That of each kind at least some were told no, and none anything else.
      expect(Object.keys(answers).toSorted()).toEqual([
        'elicitation/create -32601',
        'ping fine',
        'roots/list -32601',
        'sampling/createMessage -32601',
      ]);
    },
  },
  {
    rows: ['II-35'],
    title: 'requests without end of a server that hears no answer are dropped, and told of',
    servers: evil,
    strike: (scene) => scene.call('ask-deaf', { count: 50_000 }),
    lasts: (scene) => scene.meeting.arrived('fault'),
    check: ({ outcome }, scene) => {
      expect(textOf(outcome)).toBe('asked');
      expect(scene.notices()).toEqual(['too-many-requests']);
    },
  },
  {
    rows: ['B1-17', 'II-22'],
    title: 'two megabytes on stderr, unread by anybody, block nobody',
    servers: evil,
    strike: (scene) => scene.call('tell-stderr', { words: 'flooded' }),
    check: ({ outcome }) => expect(textOf(outcome)).toBe('told'),
  },
  {
    rows: ['II-22'],
    title: 'last words that a terminal would obey are told in letters',
    servers: evil,
    strike: (scene) =>
      scene.call('exit', {
        code: 7,
        words: '\u001b[2J\u001b]0;title\u0007\u001b]8;;http://x\u001b\\link\u202e',
      }),
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ kind: 'failed', code: 'connection-lost' });
      expect(textOf(outcome)).toContain(
        '\\x1b[2J\\x1b]0;title\\x07\\x1b]8;;http://x\\x1b\\link\\u{202e}',
      );
    },
  },
];

/** What is in the results of tools, and what servers say beside them. */
export const RESULT_FAULTS: readonly Fault[] = [...CONTENT, ...FLOODS].map(fault);
