import { describe, expect, test } from 'vitest';
import { Screen } from '../../src/cli/screen.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import type { HostEvent, ServerState, WaitReason } from '../../src/call/events.ts';
import { callId, serverId, toolName } from '../../src/call/names.ts';
import { callRecord, deniedRecord, reportOf } from '../record/call-record.ts';
import { FakeTerminal, type FakeTerminalOptions } from './fake-terminal.ts';

interface Stage extends Disposable {
  readonly terminal: FakeTerminal;
  readonly screen: Screen;
  /** Tells events, advances the clock to `at`, and draws. */
  readonly show: (events: readonly HostEvent[], at?: number) => readonly string[];
}

async function stage(options: FakeTerminalOptions = {}, tellFailures = false): Promise<Stage> {
  const fake = new FakeTerminal(options);
  const terminal = new Terminal({ ...fake.streams, env: {}, color: false });
  await terminal.prepareFrames();
  let now = 0;
  // The test draws: no timer does.
  const screen = new Screen(terminal, { tellFailures, now: () => now, intervalMs: 1_000_000 });
  return {
    terminal: fake,
    screen,
    show: (events, at = now) => {
      for (const event of events) screen.listen(event);
      now = at;
      screen.draw();
      return fake.screen;
    },
    [Symbol.dispose]: () => {
      screen[Symbol.dispose]();
    },
  };
}

const BEGIN: HostEvent = { kind: 'batch-start', batch: 1 };
const server = (name: string, state: ServerState): HostEvent => {
  return { kind: 'connection-change', server: serverId(name), state };
};
const READY: ServerState = { kind: 'ready', tools: 1, readyMs: 5, protocolVersion: '2025-11-25' };
const queue = (index: number, tool = `tool_${index}`): HostEvent => ({
  kind: 'call-queue',
  batch: 1,
  id: callId(`c${index}`),
  index,
  name: `desk__${tool}`,
  server: serverId('desk'),
  tool: toolName(tool),
  at: 0,
});
const waits = (index: number, reason: WaitReason): HostEvent => {
  return { kind: 'call-wait-start', batch: 1, id: callId(`c${index}`), reason, at: 0 };
};
const starts = (index: number, at = 0): HostEvent => {
  return { kind: 'call-start', batch: 1, id: callId(`c${index}`), attempt: 1, at };
};
const ends = (index: number, fields: Parameters<typeof callRecord>[0] = {}): HostEvent => {
  const record = callRecord({ id: callId(`c${index}`), tool: `tool_${index}`, ...fields });
  return { kind: 'call-end', batch: 1, index, record, at: record.endedMs };
};

describe('while servers connect', () => {
  test('those that are missing are named, and how long it has taken', async () => {
    using live = await stage();
    const connecting: ServerState = { kind: 'connecting' };
    const lines = live.show(
      [
        server('docs', connecting),
        server('desk', connecting),
        server('web', connecting),
        server('desk', READY),
        server('web', { kind: 'failed', reason: 'exit 1' }),
      ],
      1500,
    );
    expect(lines).toEqual(['⠋ connecting docs · 1 ready, 1 failed · 1.50 s']);
  });

  test('nothing is left of it when all have settled', async () => {
    using live = await stage();
    live.show([server('desk', { kind: 'connecting' })]);
    expect(live.show([server('desk', READY)])).toEqual([]);
    expect(live.terminal.cursorVisible).toBe(true);
  });

  test('who is late is no news any more once the model is asked', async () => {
    using live = await stage();
    live.show([server('docs', { kind: 'connecting' })]);
    const asked = live.show([{ kind: 'turn-start', turn: 1 }], 250);
    expect(asked).toEqual(['⠋ waiting for the model · 250 ms']);
    expect(live.show([{ kind: 'text-delta', turn: 1, text: 'Hi' }])).toEqual([]);
  });
});

describe('while a batch runs', () => {
  test('every call has a line with its server, its tool, its time and its state', async () => {
    using live = await stage();
    const failed = {
      outcome: { kind: 'timeout', code: 'totalMs', message: 'late', ran: 'unknown' },
    } as const;
    const lines = live.show(
      [
        BEGIN,
        ...[0, 1, 2, 3, 4].map((index) => queue(index)),
        starts(0),
        waits(1, 'order'),
        starts(2),
        ends(2),
        starts(3),
        ends(3, failed),
      ],
      1250,
    );
    expect(lines).toEqual([
      '⠋ desk tool_0   1.25 s  running',
      '· desk tool_1   1.25 s  waits for an earlier call',
      '✓ desk tool_2   100 ms  ok',
      '✗ desk tool_3   100 ms  timeout (totalMs)',
      '· desk tool_4   1.25 s  queued',
    ]);
  });

  test('the progress that a server reports is shown, made harmless', async () => {
    using live = await stage();
    const progress: HostEvent = {
      kind: 'call-progress',
      batch: 1,
      id: callId('c0'),
      progress: 2,
      total: 5,
      message: 'page\u001b[2J two',
      at: 10,
    };
    const lines = live.show([BEGIN, queue(0), starts(0), progress]);
    expect(lines[0]).toMatch(/running 40 % page\\x1b\[2J two$/);
  });

  test('a call that the model revised starts over', async () => {
    using live = await stage();
    const revise: HostEvent = { kind: 'call-revise', batch: 1, id: callId('c0'), index: 0, at: 5 };
    const lines = live.show([BEGIN, queue(0), starts(0), revise]);
    expect(lines[0]).toMatch(/queued$/);
  });

  test('with more calls than rows the interesting ones stay, and the rest is counted', async () => {
    using live = await stage({ rows: 8 });
    const events = [
      BEGIN,
      ...Array.from({ length: 100 }, (_, index) => queue(index)),
      ...Array.from({ length: 90 }, (_, index) => [starts(index), ends(index)]).flat(),
      starts(95),
      waits(97, 'slot'),
      ends(50, { outcome: { kind: 'denied', code: 'policy', message: 'no', ran: 'no' } }),
    ];
    const lines = live.show(events);
    expect(lines).toHaveLength(6);
    expect(lines.slice(0, 5).map((line) => line.split(/ +/)[2])).toEqual([
      'tool_50',
      'tool_90',
      'tool_91',
      'tool_95',
      'tool_97',
    ]);
    expect(lines[5]).toBe('+ 95 more: 89 ok, 6 queued');
  });

  test.each([20, 30, 40])('the lines fit %i columns', async (columns) => {
    using live = await stage({ columns });
    const lines = live.show([
      server('a-server-with-a-long-name', { kind: 'connecting' }),
      BEGIN,
      queue(0, 'a_tool_with_quite_a_long_name'),
      starts(0),
      queue(1, '道具'),
      waits(1, 'rate'),
    ]);
    // A line that did not fit would have been broken into two.
    expect(lines).toHaveLength(3);
  });

  test('a terminal that is made smaller meanwhile gets lines that fit', async () => {
    using live = await stage({ columns: 100 });
    live.show([BEGIN, queue(0, 'a_tool_with_quite_a_long_name'), starts(0)]);
    live.terminal.columns = 24;
    live.show([], 100);
    expect(live.show([], 200).at(-1)!.length).toBeLessThan(24);
  });
});

describe('when a batch has ended', () => {
  const END: HostEvent = {
    kind: 'batch-end',
    batch: 1,
    report: reportOf(callRecord({ tool: 'get_a' }), callRecord({ tool: 'get_b', endedMs: 200 })),
  };

  test('the waterfall and the summary stay, and the live lines are gone', async () => {
    using live = await stage({ columns: 57 });
    live.show([BEGIN, queue(0, 'get_a'), queue(1, 'get_b'), starts(0), starts(1)]);
    expect(live.show([END])).toEqual([
      'desk  get_a  ███████████              100 ms  ok',
      'desk  get_b  █████████████████████    200 ms  ok',
      '2 calls · 0.20 s wall · 0.30 s one by one · 1.5x',
    ]);
  });

  test('the reasons of failed calls are told where no result shows them', async () => {
    using live = await stage({}, true);
    const report = reportOf(callRecord(), deniedRecord({ name: 'desk__set_value' }));
    const lines = live.show([BEGIN, { kind: 'batch-end', batch: 1, report }]);
    expect(lines.slice(-2)).toEqual([
      '✗ desk__set_value denied: denied by policy',
      '2 calls (1 failed) · 0.10 s wall',
    ]);
  });

  test('it tells when the servers that calls waited for were ready', async () => {
    using live = await stage();
    const connected: HostEvent = {
      kind: 'call-wait-end',
      batch: 1,
      id: callId('c0'),
      reason: 'connect',
      at: 350,
    };
    const lines = live.show([BEGIN, queue(0), waits(0, 'connect'), connected, END]);
    expect(lines.at(-1)).toMatch(/1\.5x · servers ready after 0\.35 s$/);
  });

  test('it tells how many of those servers became ready', async () => {
    using live = await stage({ columns: 120 });
    const ended = (id: string, tool: boolean): HostEvent[] => {
      const record = callRecord({ id: callId(id), name: `${id}__x`, server: serverId(id) });
      const common = { batch: 1, id: callId(id), at: 350 };
      return [
        {
          kind: 'call-queue',
          ...common,
          index: 0,
          name: `${id}__x`,
          server: serverId(id),
          tool: null,
        },
        { kind: 'call-wait-start', ...common, reason: 'connect' },
        { kind: 'call-wait-end', ...common, reason: 'connect' },
        {
          kind: 'call-end',
          batch: 1,
          index: 0,
          at: 350,
          record: tool ? record : { ...record, tool: null },
        },
      ];
    };
    const lines = live.show([BEGIN, ...ended('one', true), ...ended('two', false), END]);
    expect(lines.at(-1)).toMatch(/1\.5x · 1 of 2 servers ready after 0\.35 s$/);
  });

  test('the time that a person took to answer is not compared', async () => {
    using live = await stage();
    const answered = (index: number, at: number): HostEvent => {
      return { kind: 'call-wait-end', batch: 1, id: callId(`c${index}`), reason: 'approval', at };
    };
    const asked = [0, 1].flatMap((index) => [queue(index), waits(index, 'approval')]);
    const lines = live.show([BEGIN, ...asked, answered(0, 70), answered(1, 120), END]);
    expect(lines.at(-1)).toBe('2 calls · 0.20 s wall, 0.12 s of it for answers');
  });

  test('nothing is drawn after it is closed', async () => {
    using live = await stage();
    live.show([BEGIN, queue(0), starts(0)]);
    live.screen[Symbol.dispose]();
    live.screen.listen(server('desk', { kind: 'connecting' }));
    expect(live.terminal.screen).toEqual([]);
    expect(live.terminal.cursorVisible).toBe(true);
  });
});
