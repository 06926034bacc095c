import { defect } from '../call/defect.ts';
import { begin, type Link } from '../call/link.ts';

/** Tells that a call entered the pipeline, and turns a defect of ours into an outcome, so that nothing is ever thrown past here (B1). */
export function observe(): Link {
  return (next) => (call, scope) => {
    if (scope.home.observed) {
      const { exposed, server, name } = call.tool;
      const at = scope.home.now();
      scope.home.emit({
        kind: 'call-queue',
        batch: scope.home.batch,
        id: call.id,
        index: call.index,
        name: exposed,
        server,
        tool: name,
        at,
      });
    }
    return begin(next, call, scope).catch((reason: unknown) => defect(reason, scope.attempts)); // B1
  };
}
