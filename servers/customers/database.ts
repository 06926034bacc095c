import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import { DeskError } from './desk-error.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';
import { seedRows } from './seed/seed-rows.ts';

/**
 * The desk's SQLite file, shared by any number of server processes.
 *
 * D1 A file is filled in one transaction that sets `user_version` last, so it is empty or complete,
 *    never in between, and only one of several servers that start at once fills it.
 * D2 Whoever writes takes SQLite's write lock first (BEGIN IMMEDIATE) and reads inside it, so no
 *    write is based on a stale row.
 * D3 The driver is synchronous. No call waits for another process's lock inside it for longer than
 *    BUSY_MS: it steps back and tries again, so reads go on while a write waits.
 * D4 Writes of one process happen in the order they were asked for.
 */
type Value = string | number | null;

const BUSY_MS = 20;
/** How long a start waits for a locked file, and when it says so. */
const OPEN_WAIT_MS = 30_000;
const OPEN_NOTICE_MS = 1000;
/** How long one tool call waits for a database that another process has locked. */
const LOCK_WAIT_MS = 10_000;

const IN_MEMORY = ':memory:';

export class DeskDatabase {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /**
   * Opens the file at `path` (or `:memory:`), makes missing folders, and fills a new file. While
   * another program has the file locked it blocks, up to 30 s, and calls `onWait` after the first.
   * Throws when the file is not a database, or not one of this server's.
   */
  static open(path: string, onWait: () => void): DeskDatabase {
    // Always an absolute path: the driver takes a bare `libsql:` or `file:` for an address.
    const file = path === IN_MEMORY ? path : resolve(path);
    if (file !== IN_MEMORY) makeFolder(dirname(file));
    const db = new Database(file, { timeout: BUSY_MS });
    const desk = new DeskDatabase(db);
    try {
      patiently(() => desk.#prepareFile(), onWait);
      return desk;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** All rows of a query. Only inside `read` or `write`. The caller names the shape of its own columns. */
  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    // One array, never spread: the driver mistakes a lone null for named parameters. Always `all`,
    // never `get`: the driver adds a field of its own to the rows of `get`.
    return statement.all(values) as Row[];
  }

  /** The number that a query returns under the name `n`. */
  count(sql: string, ...values: readonly Value[]): number {
    return this.all<{ n: number }>(sql, ...values)[0]?.n ?? 0;
  }

  /** Runs `work` on one consistent snapshot. */
  read<T>(work: () => T, signal: AbortSignal): Promise<T> {
    return this.#attempt('DEFERRED', work, signal);
  }

  /** Runs `work` as one transaction: all of it happens, or none (D2, D4). */
  write<T>(work: () => T, signal: AbortSignal): Promise<T> {
    const result = this.#lastWrite.then(() => this.#attempt('IMMEDIATE', work, signal));
    // The caller hears of a failure; the next write in line goes ahead all the same.
    this.#lastWrite = result.catch(() => undefined);
    return result;
  }

  close(): void {
    if (this.#db.open) this.#db.close();
  }

  async #attempt<T>(mode: TransactionMode, work: () => T, signal: AbortSignal): Promise<T> {
    const giveUpAt = performance.now() + LOCK_WAIT_MS;
    for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 60)) {
      signal.throwIfAborted();
      try {
        return this.#transaction(mode, work);
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
      if (performance.now() > giveUpAt) {
        throw new DeskError(
          `The database has been locked by another program for ${String(LOCK_WAIT_MS / 1000)} s. Nothing was changed; try again later.`,
        );
      }
      await sleep(pauseMs, undefined, { signal }); // (D3)
    }
  }

  #transaction<T>(mode: TransactionMode, work: () => T): T {
    this.#db.exec(`BEGIN ${mode}`);
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } finally {
      // Still open: `work` or COMMIT threw. SQLite has already ended it after some faults (full disk).
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    }
  }

  /** Can be repeated from the start when it meets a locked file. */
  #prepareFile(): void {
    // SQLite answers "busy" without waiting when two processes switch a new file to WAL at once.
    this.#db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON',
    );
    // Looked at without the write lock first: the usual start finds a finished file and writes nothing.
    if (this.#transaction('DEFERRED', () => this.#isFilled())) return;
    this.#transaction('IMMEDIATE', () => {
      if (!this.#isFilled()) this.#fill(); // (D1)
    });
  }

  /** False for an empty file. Throws for a file that this version must not write to. */
  #isFilled(): boolean {
    const version = this.#pragma('user_version');
    const application = this.#pragma('application_id');
    if (application === APPLICATION_ID) {
      if (version === SCHEMA_VERSION) return true;
      throw new DeskError(
        `it was made by another version of this server (schema ${String(version)})`,
      );
    }
    const tables = this.all('SELECT name FROM sqlite_master LIMIT 1');
    if (application !== 0 || version !== 0 || tables.length > 0) {
      throw new DeskError('it is a database of another program');
    }
    return false;
  }

  #fill(): void {
    this.#db.exec(SCHEMA);
    for (const [table, rows] of seedRows()) {
      // One statement for a whole table: a call into the driver for each of 50,000 rows takes longer.
      const columns = (rows[0] ?? []).map((_, index) => `value ->> ${String(index)}`).join(', ');
      this.all(`INSERT INTO ${table} SELECT ${columns} FROM json_each(?)`, JSON.stringify(rows));
    }
    this.#db.exec(
      `PRAGMA application_id = ${String(APPLICATION_ID)}; PRAGMA user_version = ${String(SCHEMA_VERSION)}`,
    );
  }

  #pragma(name: 'user_version' | 'application_id'): number {
    return this.count(`SELECT ${name} AS n FROM pragma_${name}`);
  }
}

type TransactionMode = 'DEFERRED' | 'IMMEDIATE';

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** Repeats `work` while the file is locked, blocking: there is nothing else to do before the start. */
function patiently(work: () => void, onWait: () => void): void {
  const since = performance.now();
  let announced = false;
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() - since > OPEN_WAIT_MS) throw error;
    }
    if (!announced && performance.now() - since > OPEN_NOTICE_MS) {
      announced = true;
      onWait();
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

/** Parents first. Node's own `recursive` never returns where the file system refuses with ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (reason) {
    // Another server may have been faster.
    if (!existsSync(folder)) throw reason;
  }
}
