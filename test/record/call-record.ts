import type { BatchReport, CallRecord } from '../../src/call/call.ts';
import { callId } from '../../src/call/names.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import { batchReport } from '../../src/batch/report.ts';

const OK: Outcome = { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: 'fine' }] };

/** A record of a call that ran from 0 to 100 ms, with what a test cares about put in. */
export function callRecord(fields: Partial<CallRecord> = {}): CallRecord {
  return {
    id: callId('call_1'),
    name: 'desk__read',
    server: 'desk',
    tool: 'read',
    arguments: {},
    access: 'read',
    accessRule: 'default',
    outcome: OK,
    queuedMs: 0,
    startedMs: 0,
    endedMs: 100,
    attempts: 1,
    ...fields,
  };
}

/** A call that policy refused: it was never sent. */
export function deniedRecord(fields: Partial<CallRecord> = {}): CallRecord {
  return callRecord({
    outcome: { kind: 'denied', code: 'policy', message: 'denied by policy', ran: 'no' },
    startedMs: 50,
    endedMs: 50,
    attempts: 0,
    ...fields,
  });
}

/** The report of a batch that lasted as long as its last call. */
export function reportOf(...results: readonly CallRecord[]): BatchReport {
  return batchReport(results, Math.max(0, ...results.map(({ endedMs }) => endedMs)));
}
