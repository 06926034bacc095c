import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { CallRecord, JsonObject, ServerState } from '../../src/index.ts';

import { HttpFixture } from '../support/http-fixture.ts';
import { rawHost, textOf, type RawHost } from '../support/raw-host.ts';
import type { RowId } from './checklist.ts';
import { MeetingPoint } from './meeting-point.ts';

const HOSTILE = fileURLToPath(new URL('./fixtures/hostile.mjs', import.meta.url));

/** How many calls the healthy server answers while the other one is in fault. */
const CALLS = 20;
/** Where a fault that lasts until the test says so waits for that: `meet('fault')` in a fixture. */
const FAULT = 'fault';
const HELD = 'held';

/** What a row needs to know to write its servers' config entries. */
export interface Stage {
  /** Address of the meeting point, for fixtures. */
  readonly meet: string;
  /** Address of a server that nobody is to visit: whatever a server points to stays where it is. */
  readonly elsewhere: string;
}

/** One fault that is provoked, and what is to come of it. `Struck` is whatever `strike` resolves to. */
export interface Row<Struck = CallRecord> {
  /** The rows of the checklist that this proves. */
  readonly rows: readonly RowId[];
  /** What the host does, as the end of a sentence that begins with the fault. */
  readonly title: string;
  /** Config entries by name. The one called `faulty` is the server at fault; `healthy` is added. */
  readonly servers: (stage: Stage) => Readonly<Record<string, object>>;
  /** The rest of the config. */
  readonly config?: object;
  /** Whether the fault strikes at the start of its server: that is not waited for, and `strike` is what starts it (with `start: "lazy"`). */
  readonly atStart?: boolean;
  readonly strike: (scene: Scene) => Promise<Struck>;
  /** Of a fault that lasts: resolves when it is there. It must then stay until the place `fault` is opened, or until the host is closed. */
  readonly lasts?: (scene: Scene, struck: Promise<Struck>) => Promise<unknown>;
  readonly check: (struck: Struck, scene: Scene) => void | Promise<void>;
  /** Whether the server at fault is of use afterwards, by itself or after a restart. Default `true`. */
  readonly recovers?: boolean;
}

/** A host with a server at fault and a healthy one. */
export class Scene implements AsyncDisposable {
  readonly raw: RawHost;
  readonly meeting: MeetingPoint;

  constructor(raw: RawHost, meeting: MeetingPoint) {
    this.raw = raw;
    this.meeting = meeting;
  }

  /** A call of the server at fault. */
  async call(tool: string, args: JsonObject = {}): Promise<CallRecord> {
    const [record] = await this.raw.host.runBatch([{ name: `faulty__${tool}`, arguments: args }]);
    if (record === undefined) throw new Error('a call without a record');
    return record;
  }

  /** The state of a server. */
  state(server = 'faulty'): ServerState {
    const status = this.raw.host.servers().find(({ id }) => id === server);
    if (status === undefined) throw new Error(`there is no server ${server}`);
    return status.state;
  }

  /** Codes of what was told of the server at fault. */
  notices(): readonly string[] {
    return this.raw.events.flatMap((event) =>
      event.kind === 'server-notice' && event.server === 'faulty' ? [event.code] : [],
    );
  }

  /** The text of what was told of it, under one code. */
  noticeText(code: string): string {
    return this.raw.events
      .flatMap((event) =>
        event.kind === 'server-notice' && event.code === code ? [event.message] : [],
      )
      .join('\n');
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.raw[Symbol.asyncDispose]();
  }
}

/** A config entry of `fixtures/hostile.mjs`; `door` (default `good`) and whatever else its faults need in `options`, the rest of the entry in `more`. */
export function hostile(
  stage: Stage,
  options: Readonly<Record<string, unknown>> = {},
  more: object = {},
): object {
  const { door = 'good', ...rest } = options;
  return {
    command: process.execPath,
    args: [HOSTILE, String(door), JSON.stringify({ ...rest, ...stage })],
    ...more,
  };
}

/**
 * Provokes a fault beside a healthy server, and checks three things. What the host makes of the fault is up to the row. Twenty calls are in flight at
 * the healthy server when the fault strikes, and are answered after it has; of a fault that lasts, twenty more are sent and answered while it is there. And at
 * the end no process is left, and nobody has visited what the servers pointed to.
 */
export async function besideAFault<Struck>(row: Row<Struck>): Promise<void> {
  await using meeting = await MeetingPoint.start();
  await using elsewhere = await HttpFixture.start();
  const folder = mkdtempSync(join(tmpdir(), 'fanout-hostile-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const stage = { meet: meeting.url, elsewhere: elsewhere.url };
  await using scene = new Scene(
    await rawHost(
      { ...row.servers(stage), healthy: hostile(stage) },
      {
        ...(row.config !== undefined && { config: row.config }),
        options: {
          wait: row.atStart === true ? 'none' : 'settled',
          // What is cut from results is kept there.
          env: { ...process.env, XDG_CACHE_HOME: folder },
        },
      },
    ),
    meeting,
  );
  const held = calls(scene, 'hold');
  await meeting.arrived(HELD, CALLS);
  const struck = row.strike(scene);
  // It is awaited below; meanwhile something else may fail first.
  struck.catch(() => undefined);
  if (row.lasts === undefined) await struck;
  else {
    await row.lasts(scene, struck);
    expect(await calls(scene, 'echo')).toEqual(TEXTS);
  }
  meeting.open(HELD);
  expect(await held).toEqual(TEXTS);
  meeting.open(FAULT);
  await row.check(await struck, scene);
  if (row.recovers !== false) {
    expect(await scene.call('echo', { text: 'of use' })).toMatchObject({
      outcome: { kind: 'ok', content: [{ type: 'text', text: 'of use' }] },
    });
  }
  await scene.raw.host.close();
  expect(elsewhere.seen).toEqual([]);
}

const TEXTS: readonly string[] = Array.from({ length: CALLS }, (_, index) => `call ${index}`);

/** Twenty calls of the healthy server in one batch; resolves to what each was answered. */
async function calls({ raw }: Scene, tool: 'echo' | 'hold'): Promise<readonly string[]> {
  const records = await raw.host.runBatch(
    TEXTS.map((text) => ({ name: `healthy__${tool}`, arguments: { text } })),
  );
  return records.map(({ outcome }) =>
    outcome.kind === 'ok' ? textOf(outcome) : JSON.stringify(outcome),
  );
}

/** A row of a table, ready to run. */
export interface Fault {
  /** The rows of the checklist, and what is to be seen. */
  readonly title: string;
  readonly run: () => Promise<void>;
}

export function fault<Struck>(row: Row<Struck>): Fault {
  return { title: `${row.rows.join(', ')}: ${row.title}`, run: () => besideAFault(row) };
}
