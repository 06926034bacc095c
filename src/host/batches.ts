import { Alarms } from '../base/alarms.ts';
import { deferred } from '../base/deferred.ts';
import type { Emitter } from '../base/emitter.ts';
import { HostError } from '../base/errors.ts';
import { Roster } from '../base/roster.ts';
import type { BatchRun } from '../batch/batch-run.ts';
import type { Router } from '../batch/router.ts';
import { runBatch, toCancellation } from '../batch/run-batch.ts';
import type { ResultLimits } from '../batch/batch-options.ts';
import type { BatchInput } from '../call/batch-item.ts';
import type { BatchReport } from '../call/call.ts';
import type { HostEvent } from '../call/events.ts';
import type { Caller } from '../call/link.ts';
import type { Tool } from '../call/tool.ts';
import type { Authorize } from './authority.ts';

/** What a caller may say about one batch. */
export interface RunBatchOptions {
  /** Cancels the calls of the batch, at their servers too. */
  readonly signal?: AbortSignal;
  /** Longest the batch may take, ms. Default `limits.batchMs`; `Infinity` disables it. */
  readonly deadlineMs?: number;
  /** Runs the calls one after the other, in order. Default `false`. */
  readonly oneByOne?: boolean;
  /** Receives the batch's events. */
  readonly onEvent?: (event: HostEvent) => void;
}

/** Tools of the host's own, beside the servers': they run here, and hold neither slot nor lock (B4). */
export interface BuiltIns {
  /** The tool of this exposed name, if it is one of them. */
  tool(name: string): Tool | undefined;
  chainOf(tool: Tool): Caller | undefined;
}

/** Who decides about a batch's calls, and what it has beside the servers' tools. */
export interface BatchTerms {
  readonly authorize: Authorize;
  readonly builtIns?: BuiltIns | undefined;
  readonly results: ResultLimits;
  /** Whether an id is that of an earlier call. Default: none is. */
  readonly isTaken?: ((id: string) => boolean) | undefined;
}

export interface BatchesPorts {
  readonly router: Router;
  readonly chainOf: (tool: Tool) => Caller;
  readonly events: Emitter<HostEvent>;
  /** `limits.batchMs`. */
  readonly batchMs: number;
  /** The first batch is over. */
  readonly onFirst?: () => void;
}

/** The host's batches: numbers them, and ends those that are still open when it closes (B7). */
export class Batches {
  readonly #ports: BatchesPorts;
  readonly #open = new Roster<BatchRun>();
  readonly #running = new Roster<Promise<void>>();
  readonly #row: Alarms;
  #last = 0;
  #closing = false;

  constructor(ports: BatchesPorts) {
    this.#ports = ports;
    this.#row = new Alarms(ports.batchMs);
  }

  /** Throws `closed` once the host closes. */
  assertOpen(): void {
    if (this.#closing) throw new HostError('closed', 'the host is closed');
  }

  async run(calls: BatchInput, options: RunBatchOptions, terms: BatchTerms): Promise<BatchReport> {
    this.assertOpen();
    this.#last += 1;
    const batch = this.#last;
    const { events, batchMs } = this.#ports;
    const { onEvent } = options;
    const unsubscribe =
      onEvent === undefined
        ? undefined
        : events.on((event) => {
            if ('batch' in event && event.batch === batch) onEvent(event);
          });
    // From before its first event on: who hears that may close the host, and that waits for this batch (B7).
    const over = deferred<void>();
    const place = this.#running.add(over.promise);
    try {
      return await runBatch(
        calls,
        {
          signal: options.signal,
          deadlineMs: options.deadlineMs ?? batchMs,
          deadlineRow: this.#row,
          deadlineSetting: options.deadlineMs === undefined ? 'limits.batchMs' : 'deadlineMs',
          oneByOne: options.oneByOne ?? false,
          isTaken: terms.isTaken,
          authorize: terms.authorize,
          results: terms.results,
        },
        {
          batch,
          events,
          ...this.#lookups(terms.builtIns),
          opened: (run) => {
            const place = this.#open.add(run);
            return () => {
              this.#open.remove(place);
            };
          },
        },
      );
    } finally {
      over.resolve();
      this.#running.remove(place);
      if (batch === 1) this.#ports.onFirst?.();
      unsubscribe?.();
    }
  }

  /** No batch begins any more. */
  close(): void {
    this.#closing = true;
  }

  /** B7: every open batch is told to stop, and waited for, until its results are bounded and its end is told. */
  async end(): Promise<void> {
    const cancellation = { ...toCancellation('the host is closing'), code: 'host-closed' };
    for (const run of this.#open) run.stop(cancellation);
    await Promise.all(this.#running);
  }

  #lookups(builtIns: BuiltIns | undefined): Pick<BatchesPorts, 'router' | 'chainOf'> {
    const { router, chainOf } = this.#ports;
    if (builtIns === undefined) return { router, chainOf };
    return {
      router: {
        route: (name) => {
          const tool = builtIns.tool(name);
          return tool === undefined ? router.route(name) : { kind: 'tool', tool };
        },
      },
      chainOf: (tool) => builtIns.chainOf(tool) ?? chainOf(tool),
    };
  }
}
