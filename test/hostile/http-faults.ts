import { expect } from 'vitest';
import type { JsonObject } from '../../src/index.ts';
import { textOf } from '../support/raw-host.ts';
import { fault, type Fault, type Row, type Stage } from './beside-a-fault.ts';
import type { RowId } from './checklist.ts';

const MIB = 1_024 * 1_024;
const SECRET = 'Bearer not-for-others';

/** Of `fixtures/hostile-http.mjs`, which the test starts. */
export const port = { current: 0 };

function web(stage: Stage, door: string, more: object = {}): Readonly<Record<string, object>> {
  // What a query holds is a secret, and taken out of outcomes; a host is none.
  const elsewhere = new URL(stage.elsewhere).origin;
  const query = new URLSearchParams({ ...stage, elsewhere });
  const url = `http://127.0.0.1:${port.current}/${door}?${query.toString()}`;
  return { faulty: { type: 'http', url, headers: { authorization: SECRET }, ...more } };
}

interface Expected {
  readonly kind?: string;
  readonly code: string;
  readonly ran: string;
  /** Part of the message. */
  readonly words?: string;
}

/** A call of a tool that fails in its own way, and as what. */
function call(
  rows: readonly RowId[],
  [tool, title]: readonly [tool: string, title: string],
  expected: Expected & { readonly args?: JsonObject; readonly lasts?: Row['lasts'] },
): Row {
  const { kind = 'failed', code, ran, words = '', args, lasts } = expected;
  return {
    rows,
    title,
    config: { limits: { maxMessageBytes: MIB } },
    servers: (stage) => web(stage, 'open', { timeouts: { attemptMs: 4_000 } }),
    strike: (scene) => scene.call(tool, args),
    ...(lasts !== undefined && { lasts }),
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ kind, code, ran });
      expect(textOf(outcome)).toContain(words);
      expect(textOf(outcome).length).toBeLessThan(700);
    },
  };
}

const arrives: NonNullable<Row['lasts']> = (scene) => scene.meeting.arrived('fault');
const tooLarge = {
  code: 'too-large',
  ran: 'yes',
  words: `server "faulty" sent an answer of more than ${MIB} bytes (limits.maxMessageBytes)`,
};
const timedOut = { kind: 'timeout', code: 'attemptMs', ran: 'unknown', words: 'attemptMs' };
const reply = { code: 'invalid-reply', ran: 'unknown' };

const CALLS: readonly Row[] = [
  call(
    ['B1-09', 'II-21'],
    ['gzip-bomb', 'three hundred compressed megabytes end at the limit'],
    tooLarge,
  ),
  call(
    ['B1-10', 'II-21'],
    ['endless-line', 'an event-stream line without an end does so, too'],
    tooLarge,
  ),
  call(['II-21'], ['endless-body', 'so does a body without an end'], tooLarge),
  call(
    ['II-21'],
    ['comment-flood', 'an event stream of nothing but comments ends with the time of its call'],
    timedOut,
  ),
  call(['II-39'], ['slow-body', 'a body that comes byte by byte does so, too'], {
    ...timedOut,
    lasts: arrives,
  }),
  call(['II-39'], ['no-headers', 'so does an answer that never begins'], {
    ...timedOut,
    lasts: arrives,
  }),
  call(['B1-11'], ['deep', 'an answer that nests twenty thousand deep fails its call'], {
    code: 'too-large',
    ran: 'yes',
    words: 'nested deeper than 200 levels',
  }),
  call(['B1-12'], ['both', 'an answer with both a result and an error fails its call'], {
    ...reply,
  }),
  call(['II-39'], ['page', 'a page is no answer'], { ...reply, words: 'HTTP 200' }),
  call(['II-39'], ['page-500', 'a page of an error is told with its status and first words'], {
    code: 'http-outage',
    ran: 'unknown',
    words: 'answered HTTP 500. It said: <h1>\\x1b[5mSorry',
  }),
  call(['II-39'], ['wrong-type', 'an answer of another type is none'], {
    ...reply,
    words: 'text/csv',
  }),
  call(['II-39'], ['nothing', 'no content is no answer'], { ...reply, words: '' }),
  call(['II-39'], ['chunk-abort', 'a body that breaks off fails its call'], {
    code: 'connection-lost',
    ran: 'unknown',
    words: 'broke off in the middle of its answer',
  }),
  call(['II-39'], ['stream-abort', 'a stream that breaks off fails its call'], {
    code: 'stream-ended',
    ran: 'unknown',
  }),
  call(['II-39'], ['stream-end', 'a stream that ends without an answer fails its call'], {
    code: 'stream-ended',
    ran: 'unknown',
  }),
  call(['B1-25'], ['too-large-for-it', 'a request that is too large for its server says so'], {
    code: 'http-status',
    ran: 'no',
    words: 'HTTP 413. It said: no more than 1 KB',
  }),
  ...[301, 302, 307, 308].map((status) =>
    call(
      ['B1-23', 'II-36'],
      [
        'redirect',
        `a call that is redirected to another origin (${status}) stays here, and so do its credentials`,
      ],
      { code: 'http-status', ran: 'no', words: 'a redirect to http://127.0.0.1', args: { status } },
    ),
  ),
  {
    rows: ['II-41'],
    title:
      'a session that is forgotten is made anew, once, and the calls that had not run are sent again',
    servers: (stage) => web(stage, 'session', { parallel: 'always' }),
    strike: async (scene) => {
      await scene.call('forget');
      const calls = Array.from({ length: 10 }, () => scene.call('echo', { text: 'again' }));
      const records = await Promise.all(calls);
      expect(records.map(({ outcome }) => textOf(outcome))).toEqual(records.map(() => 'again'));
      const [first] = records;
      if (first === undefined) throw new Error('no record');
      return first;
    },
    check: (_, scene) => {
      const states = scene.raw.events.flatMap((event) =>
        event.kind === 'connection-change' && event.server === 'faulty' ? [event.state.kind] : [],
      );
      expect(states).toEqual(['connecting', 'ready', 'backing-off', 'ready']);
    },
  },
];

/** A server at whose door nobody gets in, and why not. */
function connect(
  rows: readonly RowId[],
  [door, title]: readonly [door: string, title: string],
  words: string,
): Row {
  return {
    rows,
    title,
    atStart: true,
    config: { limits: { maxMessageBytes: MIB } },
    servers: (stage) => web(stage, door, { start: 'lazy', timeouts: { connectMs: 5_000 } }),
    strike: (scene) => scene.call('echo'),
    ...(door === 'silent' && { lasts: arrives }),
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ kind: 'failed', ran: 'no' });
      expect(textOf(outcome)).toContain(words);
      expect(textOf(outcome)).not.toContain('\u001b');
      expect(textOf(outcome)).not.toContain(SECRET);
    },
    recovers: false,
  };
}

const CONNECTS: readonly Row[] = [
  connect(
    ['II-15'],
    ['silent', 'a server that takes the first message and says nothing'],
    'connectMs',
  ),
  connect(['II-39'], ['page', 'a page where a server should be'], 'the address of an MCP endpoint'),
  connect(['II-39'], ['nothing', 'no content where a server should be'], 'server "faulty": http'),
  connect(['II-39'], ['page-500', 'a page of an error'], 'HTTP 500'),
  connect(['II-21'], ['endless-body', 'a first answer without an end'], `more than ${MIB} bytes`),
  connect(['II-40'], ['version-lie', 'a version that nobody knows'], '1999-01-01'),
  ...[301, 302, 307, 308].map((status) =>
    connect(
      ['B1-23', 'II-36'],
      [`redirect-${status}`, `a server that redirects to another origin (${status})`],
      `HTTP ${status} (a redirect`,
    ),
  ),
];

/** What servers do over Streamable HTTP. */
export const HTTP_FAULTS: readonly Fault[] = [...CALLS, ...CONNECTS].map(fault);
