import type { Work } from './bench.ts';
import { batches, large, oneByOne, sleepers } from './works/calls.ts';
import { askModel, callOnce, listTools } from './works/commands.ts';
import { connect, connectAndList, list } from './works/connections.ts';
import { heapPerServer, leftByCall, peakGrowth } from './works/memory.ts';

/** What contenders can be asked to do, by name: orders travel between processes. */
export const WORKS = {
  oneByOne,
  batches,
  sleepers,
  large,
  connect,
  connectAndList,
  list,
  callOnce,
  listTools,
  askModel,
  heapPerServer,
  peakGrowth,
  leftByCall,
} as const satisfies Record<string, Work>;

export type WorkName = keyof typeof WORKS;
