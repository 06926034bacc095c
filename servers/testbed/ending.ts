import { armEnd } from '../shared/process-end.ts';
import { voiceOf } from '../shared/voice.ts';

export const { report, fail } = voiceOf('testbed');

export interface Ending {
  /** Aborted when the end has come: by a signal, or because `now` was called. */
  readonly signal: AbortSignal;
  readonly now: () => void;
}

/** Arms SIGINT and SIGTERM. Whoever has something open closes it at the end, and the process ends by itself. */
export function armEnding(): Ending {
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
    return Promise.resolve();
  };
  return { signal: controller.signal, now: armEnd(abort, report) };
}
