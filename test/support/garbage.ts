import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Now: what is measured is what is kept, not what is yet to be swept. */
export function collectGarbage(): void {
  setFlagsFromString('--expose_gc');
  (runInNewContext('gc') as () => void)();
}

/** How much more of the heap is in use after `task` than before, in bytes. */
export function heapGrowth(task: () => void): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  task();
  collectGarbage();
  return process.memoryUsage().heapUsed - before;
}
