import type { Emitter } from '../base/emitter.ts';
import type { HostEvent } from '../call/events.ts';
import type { Caller } from '../call/link.ts';
import type { Tool } from '../call/tool.ts';
import type { BatchRun } from './batch-run.ts';
import type { Router } from './router.ts';

/** What a batch needs of its host. */
export interface BatchPorts {
  readonly batch: number;
  readonly router: Router;
  readonly chainOf: (tool: Tool) => Caller;
  readonly events: Emitter<HostEvent>;
  /** The batch begins: the host closes what is still open (B7). Returns the function that tells of its end. */
  readonly opened: (run: BatchRun) => () => void;
}
