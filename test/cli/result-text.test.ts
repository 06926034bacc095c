import { expect, test } from 'vitest';
import { resultHeading } from '../../src/cli/result-text.ts';
import { PLAIN } from '../../src/record/paint.ts';
import { callRecord, deniedRecord } from '../record/call-record.ts';

const lost = { kind: 'failed', code: 'connection-lost', message: 'gone', ran: 'no' } as const;

test.each([
  [callRecord(), '# desk__read · ok · 100 ms'],
  [deniedRecord(), '# desk__read · denied · not sent'],
  [
    callRecord({ outcome: lost, attempts: 3, endedMs: 4_900 }),
    '# desk__read · failed · 4.90 s · 3 attempts',
  ],
])(
  'a result is headed by how its call ended, how long it took, and how often it was tried',
  (record, heading) => {
    expect(resultHeading(record, PLAIN)).toBe(heading);
  },
);
