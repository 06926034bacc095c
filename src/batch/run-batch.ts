import { onAbort, untilAborted } from '../base/abort.ts';
import { describe, HostError } from '../base/errors.ts';
import type { BatchInput, BatchItem } from '../call/batch-item.ts';
import type { BatchReport, CallRecord, ToolCall } from '../call/call.ts';
import type { Cancellation } from '../call/scope.ts';
import { batchReport } from './report.ts';
import type { BatchOptions } from './batch-options.ts';
import type { BatchPorts } from './batch-ports.ts';
import { BatchRun } from './batch-run.ts';

/**
 * The executor: runs one batch, complete or still streaming, and resolves to its report. Never rejects for a call (B1): whatever goes wrong with one is
 * its outcome. The results are in call order, one for each call (B6). Rejects with `usage` for what is no batch: then every call that had begun was
 * cancelled, and has ended.
 */
export async function runBatch(
  input: BatchInput,
  options: BatchOptions,
  ports: BatchPorts,
): Promise<BatchReport> {
  const run = new BatchRun(options, ports);
  const closed = ports.opened(run);
  const unsubscribe = onAbort(options.signal, (reason) => {
    run.stop(toCancellation(reason));
  });
  try {
    run.begin();
    if (Symbol.asyncIterator in input) run.end(await feedStream(run, input));
    else feed(run, input);
    const settled = await run.settled();
    const wallMs = run.now();
    const sharing = options.results?.share(run.batch, settled) ?? settled;
    const results = sharing instanceof Promise ? await sharing : sharing;
    if (results !== settled) tellCuts(run, settled, results);
    const { unseen } = run;
    const report = { ...batchReport(results, wallMs), ...(unseen !== undefined && { unseen }) };
    run.finish(report);
    return report;
  } catch (reason) {
    // B7: nothing of a batch goes on behind the back of whoever learns that it failed.
    run.stop(toCancellation(reason));
    await run.settled();
    throw reason;
  } finally {
    unsubscribe();
    run[Symbol.dispose]();
    closed();
  }
}

/** Tells of the results that were cut when all were bounded together. */
function tellCuts(
  run: BatchRun,
  settled: readonly CallRecord[],
  results: readonly CallRecord[],
): void {
  for (const [index, { id, outcome }] of results.entries()) {
    if (outcome === settled[index]?.outcome || !('cut' in outcome)) continue;
    const { cut = [] } = outcome;
    run.emit({ kind: 'result-cut', batch: run.batch, id, cut, at: run.now() });
  }
}

function feed(run: BatchRun, calls: readonly ToolCall[]): void {
  // A program without types may give any iterable, and some can be gone through only once.
  const whole = Array.isArray(calls) ? calls : Array.from(calls);
  for (const call of whole) assertCall(call);
  run.addAll(whole);
}

/** Resolves to whether the message was whole. A stream that throws is truncated: the error is for whoever made it, the calls are answered here. */
async function feedStream(run: BatchRun, input: AsyncIterable<BatchItem>): Promise<boolean> {
  const items = await untilStopped(run, () => input[Symbol.asyncIterator]());
  if (items === undefined) return false;
  try {
    for (;;) {
      const next = await untilStopped(run, () => items.next());
      if (next === undefined || next.done === true) return false;
      const item = next.value;
      switch (item.kind) {
        case 'call':
          run.add(assertCall(item.call));
          break;
        case 'revise':
          run.revise(item.index, assertCall(item.call));
          break;
        case 'end':
          return item.complete;
      }
    }
  } finally {
    leave(items);
  }
}

/** Waits for a step of the message: `undefined` when the batch was stopped meanwhile, or the step failed. */
function untilStopped<T>(run: BatchRun, step: () => T | PromiseLike<T>): Promise<T | undefined> {
  const stepped = Promise.resolve().then(step);
  return untilAborted(stepped, run.stopped).catch(() => undefined);
}

/** Tells the producer that nobody reads on. Not awaited: one that hangs would hang here, too; what it throws is its own business. */
function leave(items: AsyncIterator<BatchItem>): void {
  void Promise.resolve()
    .then(() => items.return?.())
    .catch(() => undefined);
}

/** The types say it, but a caller may have none: what a model or a file got wrong is answered per call, what a program got wrong is told to its author. */
function assertCall(call: ToolCall): ToolCall {
  const given: unknown = call;
  if (typeof given !== 'object' || given === null)
    throw new HostError('usage', 'a call must be an object');
  const { id, name } = call as { readonly id?: unknown; readonly name?: unknown };
  if (typeof name !== 'string') throw new HostError('usage', "a call's name must be a string");
  if (id !== undefined && typeof id !== 'string')
    throw new HostError('usage', "a call's id must be a string");
  return call;
}

/** A caller's abort as the cancellation of its calls. */
export function toCancellation(reason: unknown): Cancellation {
  return { kind: 'cancelled', code: 'aborted', message: describe(reason) };
}
