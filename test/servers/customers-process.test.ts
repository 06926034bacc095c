import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Answer } from './customers-desk.ts';
import { query, scratch, SERVER, startDesk } from './customers-desk.ts';

/** The server without a client, for what happens on its streams. */
function spawnServer(...args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [SERVER, ...args]);
  // Nothing is left behind when a test fails half-way.
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function finish(
  child: ChildProcessWithoutNullStreams,
): Promise<{ code: unknown; signal: unknown; stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output.stderr += chunk));
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...output };
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
};
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

function callMessage(id: number, name: string, args: Record<string, unknown>): object {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } };
}

function lines(...messages: readonly object[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

describe('the command line', () => {
  test('prints its help on request', async () => {
    const { code, stdout, stderr } = await finish(spawnServer('--help'));
    expect(code).toBe(0);
    expect(stdout).toContain('--db PATH');
    expect(stdout).toContain('--latency LIST');
    expect(stderr).toBe('');
  });

  test.each([
    [['--databse', 'x.db'], '--databse'],
    [['--latency', 'slow'], '"slow"'],
  ])('%j is refused with exit code 2, a reason, and nothing on stdout', async (args, reason) => {
    const { code, stdout, stderr } = await finish(spawnServer(...args));
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.split('\n')[0]).toContain(reason);
  });
});

describe('the end', () => {
  test('of stdin comes after the answers to all that was asked, and stdout holds nothing else', async () => {
    const child = spawnServer('--db', ':memory:');
    child.stdin.end(
      lines(
        INITIALIZE,
        INITIALIZED,
        callMessage(1, 'get_customer', { customer_id: 1234 }),
        callMessage(2, 'add_ticket_note', { ticket_id: 7001, note: 'last words' }),
      ),
    );
    const { code, stdout } = await finish(child);
    expect(code).toBe(0);
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(new Set(ids)).toEqual(new Set([0, 1, 2]));
    expect(ids).toHaveLength(3);
  });

  test.each(['SIGTERM', 'SIGINT', 'end of stdin'] as const)(
    'by %s closes the database and does not wait for slow calls',
    async (how) => {
      using folder = scratch();
      const db = folder.path('desk.db');
      const child = spawnServer('--db', db, '--latency', 'get_customer=600000');
      const answers = createInterface({ input: child.stdout });
      const firstAnswer = once(answers, 'line');
      const slow = callMessage(1, 'get_customer', { customer_id: 1234 });
      child.stdin.write(lines(INITIALIZE, INITIALIZED, slow));
      await firstAnswer;
      const end = once(child, 'close');
      if (how === 'end of stdin') child.stdin.end();
      else child.kill(how);
      expect(await end).toEqual([0, null]);
      // SQLite folds the log into the file and removes it when the last connection is closed properly.
      expect(existsSync(`${db}-wal`)).toBe(false);
    },
  );

  test('comes quietly when nobody reads the answers any more', async () => {
    const child = spawnServer('--db', ':memory:');
    const firstAnswer = once(child.stdout, 'data');
    child.stdin.write(lines(INITIALIZE, INITIALIZED));
    await firstAnswer;
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    const exit = once(child, 'exit');
    child.stdout.destroy();
    // The server may be gone before it has read this: that is the point.
    child.stdin.on('error', () => undefined);
    child.stdin.write(lines(callMessage(1, 'get_return_policy', {})));
    expect(await exit).toEqual([0, null]);
    expect(stderr).toBe('');
  });
});

async function endOf(call: Promise<Answer>): Promise<'answered' | 'rejected'> {
  const [end] = await Promise.allSettled([call]);
  return end.status === 'fulfilled' ? 'answered' : 'rejected';
}

describe('latency', () => {
  test('of the worked example runs side by side: the last asked, being the quickest, answers first', async () => {
    await using desk = await startDesk(':memory:', '--latency', 'example');
    const finished: string[] = [];
    const ask = async (name: string): Promise<void> => {
      await desk.call(name, { customer_id: 1234 });
      finished.push(name);
    };
    const startedAt = performance.now();
    await Promise.all([ask('get_tickets'), ask('get_orders'), ask('get_customer')]);
    expect(finished).toEqual(['get_customer', 'get_orders', 'get_tickets']);
    expect(performance.now() - startedAt).toBeGreaterThan(590);
  });

  test('is only that of the tools it names, the last mention counting', async () => {
    await using desk = await startDesk(
      ':memory:',
      '--latency',
      'example, get_orders=0',
      '--latency',
      'get_customer=600000',
    );
    const cancel = new AbortController();
    const slow = endOf(desk.call('get_customer', { customer_id: 1234 }, cancel.signal));
    const orders = await desk.call('get_orders', { customer_id: 1234 });
    expect(orders.data.total_orders).toBe(7);
    cancel.abort();
    expect(await slow).toBe('rejected');
  });

  test('ends at once for a cancelled call, which then does nothing', async () => {
    using folder = scratch();
    const db = folder.path('desk.db');
    await using desk = await startDesk(db, '--latency', 'add_ticket_note=250');
    const cancel = new AbortController();
    const note = { ticket_id: 7001, note: 'cancelled' };
    const first = endOf(desk.call('add_ticket_note', note, cancel.signal));
    // Calls are read in order, so once this one is answered the server has begun the first.
    await desk.call('get_return_policy', {});
    cancel.abort();
    expect(await first).toBe('rejected');
    // Asked for later, with the same delay: when it is done, the first would be, too.
    await desk.call('add_ticket_note', { ticket_id: 7001, note: 'kept' });
    const notes = query(db, "SELECT note FROM ticket_notes WHERE note IN ('cancelled', 'kept')");
    expect(notes).toEqual([{ note: 'kept' }]);
  });
});
