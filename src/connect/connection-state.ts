import type { Deferred } from '../base/deferred.ts';
import type { ServerState } from '../call/events.ts';
import type { Outcome } from '../call/outcome.ts';
import { failed } from './call-fault.ts';
import type { Launch } from './launch.ts';
import type { Outage } from './outage.ts';
import type { Relisting } from './relisting.ts';
import type { Session } from './session.ts';

/** A try to get the server ready, from its preparation on. */
export interface Attempt {
  readonly launch: Launch;
  /** Of the session that comes of it: a change may be told of before that is ready. */
  readonly relisting: Relisting;
  /** Resolves when the try is over, and the connection's state says how. */
  readonly settled: Deferred<void>;
}

/** Why a server is away. */
export interface Setback {
  readonly reason: string;
  readonly hint?: string;
  /** Setbacks in a row, this one included. */
  readonly count: number;
  /** Monotonic, ms. */
  readonly at: number;
  /** Whether it is left alone for a while, since it went away too often. */
  readonly isAlone: boolean;
  /** Resolves when everything of its last life is gone. */
  readonly gone: Promise<void>;
}

/** What happens next to a server that is away. */
export type Next =
  | { readonly kind: 'timer'; readonly dueAt: number; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'attempt'; readonly attempt: Attempt };

/** The state of a connection; each owns what only it needs. */
export type State =
  | { readonly kind: 'idle' }
  /** For the first time. */
  | { readonly kind: 'connecting'; readonly attempt: Attempt }
  | {
      readonly kind: 'ready';
      readonly session: Session;
      readonly readyMs: number;
      /** Monotonic, ms. */
      readonly since: number;
      readonly relisting: Relisting;
    }
  | {
      readonly kind: 'backing-off';
      readonly setback: Setback;
      readonly next: Next;
      readonly outage: Outage;
    }
  | { readonly kind: 'failed'; readonly setback: Setback; readonly next: Next | undefined }
  | { readonly kind: 'closed'; readonly gone: Promise<void> };

export function isTried(
  next: Next | undefined,
): next is Extract<Next, { readonly kind: 'attempt' }> {
  return next?.kind === 'attempt';
}

/** A state as events and `host.servers()` show it. */
export function shownState(state: State, tools: number): ServerState {
  switch (state.kind) {
    case 'idle':
    case 'connecting':
    case 'closed':
      return { kind: state.kind };
    case 'ready': {
      const { protocolVersion } = state.session;
      return { kind: 'ready', tools, readyMs: state.readyMs, protocolVersion };
    }
    case 'backing-off': {
      const { reason, count } = state.setback;
      return { kind: 'backing-off', reason, retryInMs: dueInMs(state.next), attempt: count };
    }
    case 'failed': {
      const { reason, hint } = state.setback;
      const retry = state.next === undefined ? {} : { retryInMs: dueInMs(state.next) };
      return { kind: 'failed', reason, ...(hint !== undefined && { hint }), ...retry };
    }
  }
}

/** Whether a state comes with a list of tools: one that is remembered stands in only until the first try to get the server ready is over (C3). */
export function hasList({ kind }: State, isRemembered: boolean): boolean {
  if (kind === 'idle' || kind === 'connecting') return isRemembered;
  return kind === 'ready' || kind === 'backing-off';
}

/** The outcome of a call in a state that is not `ready`; see `Connection.callTool`. */
export function notReady(server: string, state: State): Outcome {
  const mayWait = state.kind === 'backing-off' && state.outage.waited !== undefined;
  const code = mayWait ? 'connection-lost' : 'not-connected';
  return failed(code, `${whyNotReady(server, state)} Nothing was sent.`, 'no');
}

function whyNotReady(server: string, state: State): string {
  if ('setback' in state) return state.setback.reason;
  const how = state.kind === 'idle' ? 'not started' : state.kind;
  return `server "${server}" is ${state.kind === 'connecting' ? 'still connecting' : how}.`;
}

function dueInMs(next: Next): number {
  return next.kind === 'timer' ? Math.max(0, Math.ceil(next.dueAt - performance.now())) : 0;
}
