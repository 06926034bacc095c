import type { JsonObject } from '../base/json.ts';
import type { Asker } from '../call/asks.ts';
import type { Call } from '../call/call.ts';
import type { Caller } from '../call/link.ts';
import type { Outcome } from '../call/outcome.ts';
import { stopped, type Scope } from '../call/scope.ts';
import type { Tool } from '../call/tool.ts';

/** How far a call is, as its server tells. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** Sends one call to its server; never rejects. Implemented by the fleet's connections. */
export type CallTool = (
  tool: Tool,
  args: JsonObject,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: Progress) => void;
    /** Who its server's questions come from. */
    readonly asker: () => Asker;
  },
) => Promise<Outcome>;

/**
 * The innermost caller: the call leaves here. A call that is told to stop ends at once, whatever the connection still does: the signal has told the
 * connection, which tells the server. From the moment of sending on, whether the tool ran is not known until an answer comes.
 */
export function send(callTool: CallTool): Caller {
  return (call, scope) => {
    if (scope.cancellation !== undefined) return Promise.resolve(stopped(scope.cancellation, 'no'));
    scope.markSent();
    let over = false;
    const answered = callTool(call.tool, call.arguments, {
      signal: scope.signal,
      onProgress: (progress) => {
        // A server may go on talking about a call that has ended.
        if (!over) tell(call, scope, progress);
      },
      asker: () => ({
        id: call.id,
        name: call.tool.exposed,
        pauseClocks: (asked) => scope.pauseClocks(asked),
      }),
    });
    return new Promise((resolve, reject) => {
      let unsubscribe = (): void => undefined;
      const finish = (outcome: Outcome): void => {
        over = true;
        unsubscribe();
        resolve(outcome);
      };
      // A listener may have cancelled the call at its very start: then this runs at once.
      unsubscribe = scope.onCancel((cancellation) => {
        finish(stopped(cancellation, 'unknown'));
      });
      answered.then(finish, reject);
    });
  };
}

function tell(call: Call, scope: Scope, progress: Progress): void {
  scope.onProgress?.();
  const { home } = scope;
  if (!home.observed) return;
  home.emit({ ...progress, kind: 'call-progress', batch: home.batch, id: call.id, at: home.now() });
}
