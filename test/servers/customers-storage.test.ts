import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Desk, Scratch } from './customers-desk.ts';
import { connectDesk, digest, query, scratch, SERVER, startDesk } from './customers-desk.ts';

/** A file that a server has filled and left; copied for each test that needs one to begin with. */
const template = scratch();
const alone = template.path('alone.db');
beforeAll(async () => {
  await startAndStop(alone);
});
afterAll(() => {
  template[Symbol.dispose]();
});

async function startAndStop(db: string): Promise<void> {
  const desk = await startDesk(db);
  await desk[Symbol.asyncDispose]();
}

function filled(folder: Scratch): string {
  const db = folder.path('desk.db');
  copyFileSync(alone, db);
  return db;
}

async function openTicket(desk: Desk): Promise<number> {
  const { data } = await desk.call('get_tickets', { customer_id: 1234, status: 'open' });
  return data.tickets[0].ticket_id;
}

/** Asks for 20 notes at once; resolves to the totals that the answers gave. */
async function addNotes(desk: Desk, ticketId: number, label: string): Promise<number[]> {
  const calls = Array.from({ length: 20 }, (_, index) =>
    desk.call('add_ticket_note', { ticket_id: ticketId, note: `${label} ${String(index)}` }),
  );
  const answers = await Promise.all(calls);
  return answers.map((answer) => answer.data.total_notes);
}

function notesOf(db: string, label: string): unknown[] {
  return query(db, `SELECT note FROM ticket_notes WHERE note LIKE '${label} %' ORDER BY id`).map(
    (row) => row['note'],
  );
}

const numbered = (label: string): string[] =>
  Array.from({ length: 20 }, (_, index) => `${label} ${String(index)}`);

describe('the sample data', () => {
  test('is the same in every new file, whatever the time zone and language of the machine', async () => {
    using folder = scratch();
    const db = folder.path('desk.db');
    const env = { ...getDefaultEnvironment(), TZ: 'Pacific/Auckland', LC_ALL: 'tr_TR.UTF-8' };
    await using _desk = await connectDesk({ args: ['--db', db], env });
    expect(digest(db)).toBe(digest(alone));
  });

  test('is plausible: references hold, and things happen in the order in which they can', () => {
    expect(
      query(alone, 'SELECT min(id) AS low, max(id) AS high, count(*) AS n FROM customers'),
    ).toEqual([{ low: 1001, high: 4000, n: 3000 }]);
    expect(query(alone, 'PRAGMA foreign_key_check')).toEqual([]);
    const impossible = [
      'SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.placed_at < c.created_at',
      'SELECT id FROM orders WHERE shipped_at < placed_at OR delivered_at < shipped_at',
      "SELECT id FROM orders WHERE (delivered_at IS NOT NULL) <> (status IN ('delivered', 'returned'))",
      'SELECT o.id FROM orders o JOIN addresses a ON a.id = o.address_id WHERE a.customer_id <> o.customer_id',
      'SELECT id FROM orders WHERE NOT EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = orders.id)',
      'SELECT t.id FROM tickets t JOIN orders o ON o.id = t.order_id WHERE t.customer_id <> o.customer_id OR t.created_at < o.placed_at',
      'SELECT n.id FROM ticket_notes n JOIN tickets t ON t.id = n.ticket_id WHERE n.created_at < t.created_at OR n.created_at > t.updated_at',
      'SELECT a.id FROM orders a JOIN orders b ON b.id = a.id + 1 WHERE b.placed_at < a.placed_at',
    ];
    const found = impossible.filter((sql) => query(alone, sql).length > 0);
    expect(found).toEqual([]);
  });

  test('is made once when servers start at the same moment on one new file', async () => {
    using folder = scratch();
    const db = folder.path('desk.db');
    const desks = await Promise.all([startDesk(db), startDesk(db), startDesk(db)]);
    const answers = await Promise.all(
      desks.map((desk) => desk.call('get_customer', { customer_id: 1234 })),
    );
    expect(answers.map((answer) => answer.data.name)).toEqual(Array(3).fill('Maya Lindqvist'));
    await Promise.all(desks.map((desk) => desk[Symbol.asyncDispose]()));
    expect(digest(db)).toBe(digest(alone));
  });

  test('is complete after a server was killed while it was filling the file', async () => {
    using folder = scratch();
    let hits = 0;
    for (let attempt = 0; hits === 0 && attempt < 10; attempt++) {
      const db = folder.path(`killed-${String(attempt)}.db`);
      await killWhileFilling(db);
      // On a busy machine the kill can come too late, when the file is complete.
      const [left] = query(db, 'SELECT count(*) AS tables FROM sqlite_master');
      if (left?.['tables'] === 0) hits += 1;
      await startAndStop(db);
      expect(digest(db)).toBe(digest(alone));
    }
    expect(hits).toBe(1);
  });
});

async function killWhileFilling(db: string): Promise<void> {
  const child = spawn(process.execPath, [SERVER, '--db', db], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const exit = once(child, 'exit');
  // The log grows while the one big transaction runs: part of the data is on the disk.
  while ((statSync(`${db}-wal`, { throwIfNoEntry: false })?.size ?? 0) < 100_000) await turn();
  child.kill('SIGKILL');
  await exit;
}

describe('concurrent writes', () => {
  test('to one ticket are all kept, in the order in which they were asked for', async () => {
    using folder = scratch();
    const db = filled(folder);
    await using desk = await startDesk(db);
    const totals = await addNotes(desk, await openTicket(desk), 'note');
    expect(totals).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
    expect(notesOf(db, 'note')).toEqual(numbered('note'));
  });

  test('to one ticket are all kept when two servers share the file', async () => {
    using folder = scratch();
    const db = filled(folder);
    await using first = await startDesk(db);
    await using second = await startDesk(db);
    const ticketId = await openTicket(first);
    const totals = await Promise.all([
      addNotes(first, ticketId, 'first'),
      addNotes(second, ticketId, 'second'),
    ]);
    // Every call saw a different number of notes: none was counted or written over another.
    expect(totals.flat().sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 2),
    );
    expect(notesOf(db, 'first')).toEqual(numbered('first'));
    expect(notesOf(db, 'second')).toEqual(numbered('second'));
  });

  test('to different fields of one ticket do not undo each other', async () => {
    using folder = scratch();
    const db = filled(folder);
    await using first = await startDesk(db);
    await using second = await startDesk(db);
    const ticketId = await openTicket(first);
    for (let round = 0; round < 10; round++) {
      const assignee = `agent ${String(round)}`;
      const priority = round % 2 === 0 ? 'urgent' : 'low';
      await Promise.all([
        first.call('update_ticket', { ticket_id: ticketId, assignee }),
        second.call('update_ticket', { ticket_id: ticketId, priority }),
      ]);
      const rows = query(
        db,
        `SELECT assignee, priority FROM tickets WHERE id = ${String(ticketId)}`,
      );
      expect(rows).toEqual([{ assignee, priority }]);
    }
  });

  test('wait in line for a lock that another program holds, while reads go on', async () => {
    using folder = scratch();
    const db = filled(folder);
    await using desk = await startDesk(db);
    const ticketId = await openTicket(desk);
    const other = new Database(db);
    other.exec('BEGIN IMMEDIATE');
    let written = 0;
    const addNote = async (note: string): Promise<Answer> => {
      const answer = await desk.call('add_ticket_note', { ticket_id: ticketId, note });
      written += 1;
      return answer;
    };
    const first = addNote('patience 0');
    for (let index = 0; index < 20; index++) {
      const { data } = await desk.call('get_customer', { customer_id: 1234 });
      expect(data.customer_id).toBe(1234);
    }
    const second = addNote('patience 1');
    await desk.call('get_return_policy', {});
    expect(written).toBe(0);
    other.exec('ROLLBACK');
    other.close();
    expect((await first).data.total_notes).toBe(2);
    expect((await second).data.total_notes).toBe(3);
    expect(notesOf(db, 'patience')).toEqual(['patience 0', 'patience 1']);
  });
});

describe('the database file', () => {
  test('is waited for, and the wait announced, when another program holds it at the start', async () => {
    using folder = scratch();
    const db = folder.path('desk.db');
    // On a new file SQLite refuses the switch to WAL at once, whatever its own time-out.
    const other = new Database(db);
    other.exec('BEGIN IMMEDIATE');
    const child = spawn(process.execPath, [SERVER, '--db', db]);
    const [notice] = await once(child.stderr, 'data');
    expect(String(notice)).toBe(`customers: waiting for ${db}, which another program has locked\n`);
    other.exec('ROLLBACK');
    other.close();
    const exit = once(child, 'exit');
    child.stdin.end();
    expect(await exit).toEqual([0, null]);
    expect(digest(db)).toBe(digest(alone));
  });

  test('is made with the folders above it, and keeps what was written', async () => {
    using folder = scratch();
    const db = folder.path('deep/er/desk.db');
    const before = await startDesk(db);
    const ticketId = await openTicket(before);
    await before.call('update_ticket', { ticket_id: ticketId, assignee: 'Ana Duarte' });
    await before[Symbol.asyncDispose]();
    await using after = await startDesk(db);
    const { data } = await after.call('get_tickets', { customer_id: 1234, status: 'open' });
    expect(data.tickets[0].assignee).toBe('Ana Duarte');
  });

  test('is in the data folder of the user unless another is named', async () => {
    using folder = scratch();
    const env = { ...getDefaultEnvironment(), XDG_DATA_HOME: folder.path('data') };
    await using desk = await connectDesk({ args: [], env });
    expect((await desk.call('get_customer', { customer_id: 1234 })).isError).toBe(false);
    expect(
      query(folder.path('data/mcp-fanout/customers.db'), 'SELECT count(*) AS n FROM customers'),
    ).toEqual([{ n: 3000 }]);
  });

  test('of another program is left as it was', async () => {
    using folder = scratch();
    const db = folder.path('other.db');
    query(db, 'CREATE TABLE customers (id INTEGER)');
    const before = readFileSync(db);
    const { code, stderr } = await runToEnd(db);
    expect(code).toBe(1);
    expect(stderr).toContain(db);
    expect(stderr).toContain('another program');
    expect(query(db, 'SELECT name FROM sqlite_master')).toEqual([{ name: 'customers' }]);
    expect(readFileSync(db).subarray(100)).toEqual(before.subarray(100));
  });

  test.each([
    [
      'a text file',
      (path: string) => writeFileSync(path, 'Dear desk, '.repeat(500)),
      'not a database',
    ],
    ['made by a later version', (path: string) => makeLater(path), 'another version'],
    ['a folder', () => undefined, 'cannot use the database'],
  ])('that is %s is refused with its path and the reason', async (kind, make, reason) => {
    using folder = scratch();
    const db = kind === 'a folder' ? folder.path('.') : folder.path('wrong.db');
    make(db);
    const { code, stderr } = await runToEnd(db);
    expect(code).toBe(1);
    expect(stderr).toContain(db);
    expect(stderr).toContain(reason);
  });
});

function makeLater(db: string): void {
  const connection = new Database(db);
  connection.exec(`PRAGMA application_id = ${String(0x6d_66_43_75)}; PRAGMA user_version = 99`);
  connection.close();
}

async function runToEnd(db: string): Promise<{ code: unknown; stderr: string }> {
  const child = spawn(process.execPath, [SERVER, '--db', db], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const [code] = await once(child, 'close');
  return { code, stderr };
}
