import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { CallRecord } from '../../src/index.ts';
import { SERVERS } from '../support/connections.ts';
import { HttpProcess } from '../support/http-process.ts';
import { eventually } from '../support/leaks.ts';
import { rawHost, type RawHost } from '../support/raw-host.ts';
import { verifies } from '../support/verifies.ts';

/*
 * At most once (B5), counted where it counts: the servers write each execution into a journal, with fsync, and die or fail at every point of a call. Of what is
 * neither declared idempotent nor a read, the journal never has two lines, whichever layer noticed the fault: and what the outcome says of `ran` is what the
 * journal says.
 */

const KINDS = ['plain', 'idempotent', 'read'] as const;
type Kind = (typeof KINDS)[number];

const folder = mkdtempSync(join(tmpdir(), 'fanout-journal-'));
const script = join(SERVERS, 'journal.mjs');
const journalOf = (way: string, kind: Kind): string => join(folder, `${way}-${kind}`);

/** What became of a call that is neither idempotent nor a read, and how often it ran. */
interface Fate {
  readonly kind: 'ok' | 'failed' | 'timeout';
  readonly ran: 'yes' | 'no' | 'unknown';
  readonly executions: number;
}

const DONE: Fate = { kind: 'ok', ran: 'yes', executions: 1 };
const lost = (executions: number): Fate => ({ kind: 'failed', ran: 'unknown', executions });
const late = (executions: number): Fate => ({ kind: 'timeout', ran: 'unknown', executions });

/** Each point of a call over stdio at which its server can fail. */
const STDIO: Readonly<Record<string, Fate>> = {
  'dies-on-request': lost(0),
  'dies-after-execution': lost(1),
  'dies-in-answer': lost(1),
  'dies-after-answer': DONE,
  'closes-stdout': lost(1),
  // There was an answer, if not a good one.
  'breaks-answer': { kind: 'failed', ran: 'unknown', executions: 1 },
  hangs: late(0),
  'hangs-after-execution': late(1),
};

/** And over HTTP, where a status may say that it did not run: then it is sent again. */
const HTTP: Readonly<Record<string, Fate>> = {
  'dies-on-request': lost(0),
  'dies-after-execution': lost(1),
  'dies-in-answer': lost(1),
  'dies-in-stream': lost(1),
  'dies-after-answer': DONE,
  drops: lost(0),
  'drops-after-execution': lost(1),
  'drops-in-stream': lost(1),
  'ends-stream': lost(1),
  // The session is lost: the call did not run.
  '404': DONE,
  '429': DONE,
  '500': lost(0),
  '500-after-execution': lost(1),
  '502': lost(0),
  '502-after-execution': lost(1),
  '503': lost(0),
  '503-after-execution': lost(1),
  hangs: late(0),
  'hangs-after-execution': late(1),
};

function executions(way: string, kind: Kind, tag: string): number {
  const journal = journalOf(way, kind);
  if (!existsSync(journal)) return 0;
  const lines = readFileSync(journal, 'utf8').split('\n');
  return lines.filter((line) => line === tag).length;
}

/** One call of each kind, each to a server of its own, so that none is in the way of another. */
function callAll({ host }: RawHost, tag: string, args: object): Promise<readonly CallRecord[]> {
  return host.runBatch(KINDS.map((kind) => ({ name: `${kind}__do`, arguments: { tag, ...args } })));
}

/** What the outcome says of `ran` is what the journal says. */
function expectTruth(record: CallRecord | undefined, count: number): void {
  const ran = record?.outcome.ran;
  if (ran === 'no') expect(count).toBe(0);
  if (ran === 'yes') expect(count).toBeGreaterThanOrEqual(1);
  expect(count).toBeLessThanOrEqual(record?.attempts ?? 0);
}

function settings(fault: string): object {
  // A call that hangs is to be given up soon; any other has time, whatever the machine has to do.
  return fault.startsWith('hangs') ? { timeouts: { attemptMs: 1_000 } } : {};
}

async function expectFates(raw: RawHost, way: 'stdio' | 'http', fault: string): Promise<void> {
  const fate = (way === 'stdio' ? STDIO : HTTP)[fault];
  const once = await callAll(raw, `${fault} once`, { fault });
  // A call may be given up before a busy machine has run it.
  const expected = fate?.executions ?? 0;
  await eventually('the execution', () => executions(way, 'plain', `${fault} once`) >= expected);
  for (const [index, kind] of KINDS.entries()) {
    const record = once[index];
    const count = executions(way, kind, `${fault} once`);
    expectTruth(record, count);
    if (kind === 'plain') {
      expect({
        kind: record?.outcome.kind,
        ran: record?.outcome.ran,
        executions: count,
      }).toEqual(fate);
    } else if (!fault.startsWith('breaks') && !fault.startsWith('hangs')) {
      // It may be repeated, and the second time goes well.
      expect(record?.outcome).toMatchObject({ kind: 'ok' });
    }
  }
}

describe('over stdio', () => {
  describe.each(Object.keys(STDIO))('a server that %s', (fault) => {
    verifies('batch:at-most-once', 'executes nothing twice that may not be', async () => {
      const entries = KINDS.map((kind): [string, object] => [
        kind,
        {
          command: process.execPath,
          args: [script, 'stdio', kind, journalOf('stdio', kind)],
          ...settings(fault),
        },
      ]);
      await using raw = await rawHost(Object.fromEntries(entries));
      await expectFates(raw, 'stdio', fault);
    });
  });

  verifies(
    'batch:ran-is-true',
    'also of calls to a server that dies before they leave',
    async () => {
      const entries = KINDS.map((kind): [string, object] => [
        kind,
        {
          command: process.execPath,
          args: [script, 'stdio', kind, journalOf('stdio', kind)],
        },
      ]);
      await using raw = await rawHost(Object.fromEntries(entries));
      // In one turn: nobody here can know yet that they are dead.
      for (const pid of raw.processes()) process.kill(pid, 'SIGKILL');
      const records = await callAll(raw, 'dead', {});
      for (const [index, kind] of KINDS.entries()) {
        const count = executions('stdio', kind, 'dead');
        expectTruth(records[index], count);
        if (kind === 'plain') expect(count).toBeLessThanOrEqual(1);
        else expect(records[index]?.outcome.kind).toBe('ok');
      }
    },
  );
});

describe('over HTTP', () => {
  const servers = new Map<Kind, HttpProcess>();
  let deaths = 0;
  /** The servers that died are there again. */
  const backAgain = (): Promise<void> =>
    eventually('the return of the servers', () =>
      KINDS.every((kind) => {
        const starts = `${journalOf('http', kind)}.starts`;
        return existsSync(starts) && readFileSync(starts, 'utf8').length > deaths;
      }),
    );
  beforeAll(async () => {
    for (const kind of KINDS) {
      const args = [script, 'http', kind, journalOf('http', kind)];
      servers.set(kind, await HttpProcess.printingPort(args));
    }
  });
  afterAll(async () => {
    for (const server of servers.values()) await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(Object.keys(HTTP))('a server that answers with %s', (fault) => {
    verifies('batch:at-most-once', 'executes nothing twice that may not be', async () => {
      const entries = KINDS.map((kind): [string, object] => [
        kind,
        {
          type: 'http',
          url: `http://127.0.0.1:${servers.get(kind)?.port ?? 0}/mcp`,
          ...settings(fault),
        },
      ]);
      await using raw = await rawHost(Object.fromEntries(entries));
      await expectFates(raw, 'http', fault);
      if (fault.startsWith('dies')) deaths += 1;
      await backAgain();
    });
  });

  verifies('batch:ran-is-true', 'also of calls to a server that is gone', async () => {
    const journal = journalOf('gone', 'plain');
    const server = await HttpProcess.printingPort([script, 'http', 'plain', journal]);
    const url = `http://127.0.0.1:${server.port}/mcp`;
    const entry = { type: 'http', url, timeouts: { connectMs: 1_000 } };
    await using raw = await rawHost({ plain: entry });
    await server[Symbol.asyncDispose]();
    const [record] = await raw.host.runBatch([{ name: 'plain__do', arguments: { tag: 'gone' } }]);
    expect(record?.outcome.kind).toBe('failed');
    const count = executions('gone', 'plain', 'gone');
    expect(count).toBe(0);
    expectTruth(record, count);
  });
});
