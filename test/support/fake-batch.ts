import { deferred } from '../../src/base/deferred.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { Claim } from '../../src/base/locks.ts';
import type { Call } from '../../src/call/call.ts';
import type { CallEvent } from '../../src/call/events.ts';
import type { Caller } from '../../src/call/link.ts';
import { callId } from '../../src/call/names.ts';
import type { Outcome } from '../../src/call/outcome.ts';
import type { BatchScope, SharedSend } from '../../src/call/batch-scope.ts';
import { Scope, type Cancellation, type Verdict } from '../../src/call/scope.ts';
import type { Tool } from '../../src/call/tool.ts';
import { fakeTool } from './fake-tools.ts';

/** What a link needs of a batch, with every part in the test's hands. */
export class FakeBatch implements BatchScope {
  readonly batch = 1;
  readonly shared = new Map<string, SharedSend>();
  readonly events: CallEvent[] = [];
  repeats: ReadonlySet<string> | undefined;
  observed = true;
  messageEnd: Promise<void> | undefined;
  verdict: (call: Call, scope: Scope) => Verdict | Promise<Verdict> = () => ({
    kind: 'allow',
    rule: 'test',
  });
  /** Pauses of the clock that have not ended. */
  paused = 0;
  readonly #startedAt = performance.now();

  now(): number {
    return performance.now() - this.#startedAt;
  }

  emit(event: CallEvent): void {
    this.events.push(event);
  }

  authorize(call: Call, scope: Scope): Verdict | Promise<Verdict> {
    return this.verdict(call, scope);
  }

  cap(outcome: Outcome): Outcome {
    return outcome;
  }

  pauseClock(): () => void {
    this.paused += 1;
    return () => {
      this.paused -= 1;
    };
  }

  scope(id = 'c1'): Scope {
    return new Scope(callId(id), this);
  }

  /** The events in short: `wait-start:lock`, `start:1` … */
  get told(): readonly string[] {
    return this.events.map((event) => {
      const kind = event.kind.replace('call-', '');
      if ('reason' in event) return `${kind}:${event.reason}`;
      return 'attempt' in event ? `${kind}:${event.attempt}` : kind;
    });
  }
}

export interface FakeCallOptions {
  readonly tool?: Tool;
  readonly arguments?: JsonObject;
  readonly claims?: readonly Claim[];
}

export function fakeCall(id = 'c1', options: FakeCallOptions = {}): Call {
  const { tool = fakeTool('read'), arguments: args = {}, claims = [] } = options;
  return { id: callId(id), index: 0, tool, arguments: args, claims };
}

/** One call that arrived at the inner end of a link. */
export interface Arrival {
  readonly call: Call;
  readonly scope: Scope;
  readonly end: (outcome: Outcome) => void;
  readonly reject: (reason: unknown) => void;
}

/** The inner end of a link: what arrives waits until the test ends it. With `stopsWhenCancelled` (default) a cancelled scope ends it as `send` would. */
export class FakeNext {
  readonly arrivals: Arrival[] = [];
  readonly #stops: boolean;

  constructor({ stopsWhenCancelled = true } = {}) {
    this.#stops = stopsWhenCancelled;
  }

  readonly caller: Caller = (call, scope) => {
    const outcome = deferred<Outcome>();
    this.arrivals.push({ call, scope, end: outcome.resolve, reject: outcome.reject });
    if (this.#stops) {
      scope.onCancel(({ kind, code, message }) => {
        outcome.resolve({ kind, code, message, ran: 'unknown' });
      });
    }
    return outcome.promise;
  };

  get last(): Arrival {
    const arrival = this.arrivals.at(-1);
    if (arrival === undefined) throw new Error('nothing has arrived');
    return arrival;
  }
}

export const OK: Outcome = { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: 'done' }] };

export const ABORTED: Cancellation = {
  kind: 'cancelled',
  code: 'aborted',
  message: 'cancelled: test',
};

/** A failure of a server; by default one that may pass, of a call that has not run. */
export function failed(fields: Partial<Extract<Outcome, { kind: 'failed' }>> = {}): Outcome {
  return {
    kind: 'failed',
    code: 'connection-lost',
    message: 'the connection was lost',
    ran: 'no',
    ...fields,
  };
}
