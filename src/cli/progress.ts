import type { HostEvent } from '../call/events.ts';

/** Shows on stderr what goes on while a command runs: as a live picture, as plain lines, or not at all. */
export interface Progress extends Disposable {
  readonly listen: (event: HostEvent) => void;
}

export const NO_PROGRESS: Progress = { listen: () => undefined, [Symbol.dispose]: () => undefined };
