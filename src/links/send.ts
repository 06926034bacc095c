import type { JsonObject } from '../base/json.ts';
import type { Asker } from '../call/asks.ts';
import type { CallLife, Follower, Progress } from '../call/call-life.ts';
import type { Call } from '../call/call.ts';
import type { Caller } from '../call/link.ts';
import type { Outcome } from '../call/outcome.ts';
import { stopped, type Cancellation, type Scope } from '../call/scope.ts';
import type { Tool } from '../call/tool.ts';

/** Sends one call to its server; never rejects, and settles as soon as the call is told to stop. Implemented by the fleet's connections. */
export type CallTool = (tool: Tool, args: JsonObject, life: CallLife) => Promise<Outcome>;

/** The innermost caller: the call leaves here. From the moment of sending on, whether the tool ran is not known until an answer comes. */
export function send(callTool: CallTool): Caller {
  return (call, scope) => {
    if (scope.cancellation !== undefined) return Promise.resolve(stopped(scope.cancellation, 'no'));
    scope.markSent();
    // A listener may have cancelled the call in that very moment.
    if (scope.cancellation !== undefined) return Promise.resolve(stopped(scope.cancellation, 'no'));
    return callTool(call.tool, call.arguments, new Sending(call, scope));
  };
}

/** One attempt, as its connection sees it. */
class Sending implements CallLife {
  readonly #call: Call;
  readonly #scope: Scope;

  constructor(call: Call, scope: Scope) {
    this.#call = call;
    this.#scope = scope;
  }

  get cancellation(): Cancellation | undefined {
    return this.#scope.cancellation;
  }

  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  onCancel(listener: (cancellation: Cancellation) => void): () => void {
    return this.#scope.onCancel(listener);
  }

  follow(follower: Follower): void {
    this.#scope.follow(follower);
  }

  unfollow(follower: Follower): void {
    this.#scope.unfollow(follower);
  }

  onProgress(progress: Progress): void {
    const { home, id, clock, cancellation } = this.#scope;
    // A server may go on talking about a call that was told to stop.
    if (cancellation !== undefined) return;
    clock?.restart();
    if (!home.observed) return;
    home.emit({ ...progress, kind: 'call-progress', batch: home.batch, id, at: home.now() });
  }

  asker(): Asker {
    const { id } = this.#scope;
    const name = this.#call.tool.exposed;
    return { id, name, pauseClocks: (asked) => this.#scope.pauseClocks(asked) };
  }
}
