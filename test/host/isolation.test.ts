import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { CallRecord, Host, ToolCall } from '../../src/index.ts';
import { rawEntry, rawHost, rawTools, textOf } from '../support/raw-host.ts';
import { verifies } from '../support/verifies.ts';

/*
 * One batch in which everything goes wrong at once, each on a server of its own, and siblings on another server: reads and writes, which are answered, in
 * order, while the one that hangs still hangs.
 */

const MIB = 1024 * 1024;
const tools = rawTools('echo', 'fails', 'rpc-error', 'wait', 'release', 'crash', 'big');
const server = (more: object = {}): object => rawEntry('good', { tools }, more);

const SIBLINGS: readonly ToolCall[] = Array.from({ length: 12 }, (_, index) => ({
  id: `s${index}`,
  name: 'steady__echo',
  arguments: { text: `text ${index}` },
}));

/** Resolves when all of these have ended. */
function allEnded(host: Host, ids: readonly (string | undefined)[]): Promise<void> {
  const missing = new Set<string | undefined>(ids);
  const all = deferred<void>();
  host.on('call-end', ({ record }) => {
    missing.delete(record.id);
    if (missing.size === 0) all.resolve();
  });
  return all.promise;
}

function expectUntouched(records: readonly CallRecord[]): void {
  for (const [index, record] of records.entries()) {
    expect(record).toMatchObject({ attempts: 1, outcome: { kind: 'ok' } });
    expect(textOf(record.outcome)).toBe(`text ${index}`);
  }
}

describe('a batch in which calls fail in every way', () => {
  verifies(
    'batch:siblings',
    'answers those on other servers meanwhile, each as if it were alone',
    async () => {
      await using raw = await rawHost(
        {
          steady: server({ tools: { echo: { access: 'write' } } }),
          error: server(),
          refuses: server(),
          // Or it would wait for the one that it is to let go.
          hangs: server({ tools: { release: { access: 'read' } } }),
          crashes: server(),
          denied: server(),
          floods: server(),
          unknown: server(),
        },
        { config: { policy: { deny: ['denied__*'] } } },
      );
      const { host } = raw;
      const faults: readonly ToolCall[] = [
        { id: 'error', name: 'error__fails' },
        { id: 'refusal', name: 'refuses__rpc-error', arguments: { code: -32_603 } },
        { id: 'hang', name: 'hangs__wait' },
        { id: 'crash', name: 'crashes__crash' },
        { id: 'denied', name: 'denied__echo' },
        { id: 'flood', name: 'floods__big', arguments: { bytes: 50 * MIB } },
        { id: 'unknown', name: 'unknown__no-such-tool' },
        { id: 'broken', name: 'unknown__echo', arguments: '{"text": ' },
      ];
      const siblings = allEnded(
        host,
        SIBLINGS.map(({ id }) => id),
      );
      let isOver = false;
      const batch = host
        // Some before, some behind.
        .runBatch([...SIBLINGS.slice(0, 6), ...faults, ...SIBLINGS.slice(6)])
        .finally(() => {
          isOver = true;
        });
      await siblings;
      expect(isOver).toBe(false);
      // Only now may the one that hangs end.
      await host.runBatch([{ name: 'hangs__release' }]);
      const records = await batch;
      const byId = new Map(records.map((record) => [String(record.id), record]));
      expectUntouched(SIBLINGS.map(({ id = '' }) => byId.get(id)!));
      expect(faults.map(({ id = '' }) => byId.get(id)?.outcome.kind)).toEqual([
        'tool-error',
        'failed',
        'ok',
        'failed',
        'denied',
        'ok',
        'invalid',
        'invalid',
      ]);
      expect(byId.get('crash')?.outcome).toMatchObject({ code: 'connection-lost', ran: 'unknown' });
    },
  );

  verifies(
    'batch:siblings',
    'loses on the same server only what the crash itself took',
    async () => {
      await using raw = await rawHost({
        fragile: server({
          tools: { echo: { access: 'write' }, crash: { access: 'write' } },
        }),
      });
      const echo = (text: string): ToolCall => ({ name: 'fragile__echo', arguments: { text } });
      const records = await raw.host.runBatch([
        echo('text 0'),
        { name: 'fragile__crash' },
        echo('text 1'),
        echo('text 2'),
      ]);
      const [before, crash, ...behind] = records;
      expectUntouched([before!, ...behind]);
      expect(crash).toMatchObject({ attempts: 1, outcome: { kind: 'failed', ran: 'unknown' } });
    },
  );
});
