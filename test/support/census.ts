import { randomUUID } from 'node:crypto';
import { delimiter } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { hasProcessTable, ProcessTable, type LiveProcess } from './process-table.ts';

/**
 * The census: after each test of the suite no process that the test started may be left. A setup file of every test file.
 *
 * A process is ours if it descends from this worker, or carries its mark. The mark is a folder on the PATH that does not exist: the PATH is all that every
 * child is given, also a server, which gets nearly nothing of its host's environment. So an orphan is found, too, unless it was given neither; a test of
 * such a one (the watchdog) has to look by itself.
 *
 * What was there before a test began (a file's `beforeAll`), and what that starts in the meantime, is the file's: it has to be gone at the end of the file.
 */
const mark = `/no-such-folder/mcp-fanout-census-${randomUUID()}`;
/** An end that is under way may take as long as a stubborn server's on a busy machine. */
const END_MS = 10_000;

if (hasProcessTable) {
  process.env['PATH'] = `${process.env['PATH'] ?? ''}${delimiter}${mark}`;
  const table = new ProcessTable(mark);

  beforeEach(({ onTestFinished }) => {
    const before = table.ours();
    // Registered first, it runs last: after the file's own `afterEach` and all that the test itself wants done at its end.
    onTestFinished(async () => {
      await expectGone(table, before, 'this test');
    }, END_MS * 2);
  });

  afterAll(async () => {
    await expectGone(table, new Map(), 'this file');
  }, END_MS * 2);
} else {
  console.warn(`no census of processes on ${process.platform}: there is no /proc to read`);
}

/** Waits for the end of all of ours that were not there `before`. Who has not ended by then is named, and killed, so that the next test is not blamed. */
async function expectGone(
  table: ProcessTable,
  before: ReadonlyMap<number, LiveProcess>,
  whose: string,
): Promise<void> {
  const until = performance.now() + END_MS;
  for (;;) {
    const left = survivors(table.ours(), before);
    if (left.length === 0) return;
    if (performance.now() < until) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      continue;
    }
    const list = left.map(({ pid, parent, command }) => `  ${pid} (child of ${parent}) ${command}`);
    for (const { pid } of left) killIfThere(pid);
    throw new Error(
      `${left.length} processes that ${whose} started are still there after ${END_MS} ms:\n${list.join('\n')}`,
    );
  }
}

function survivors(
  now: ReadonlyMap<number, LiveProcess>,
  before: ReadonlyMap<number, LiveProcess>,
): readonly LiveProcess[] {
  const isOld = (living: LiveProcess): boolean => {
    if (before.get(living.pid)?.startedAt === living.startedAt) return true;
    const parent = now.get(living.parent);
    return parent !== undefined && isOld(parent);
  };
  return [...now.values()].filter((living) => !isOld(living));
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
