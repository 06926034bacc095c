import type { ErrorCode } from '../base/errors.ts';

/** What the process's exit code says. */
export const EXIT = {
  done: 0,
  /** Done, but something in it failed. */
  failed: 1,
  /** Bad usage or config. */
  usage: 2,
  /** No server could be reached. */
  noServer: 3,
  /** By a signal; what there was has been written. */
  interrupted: 130,
} as const;

/** The exit code of a command that ended with an error; what is not in it is a failure. */
export const EXIT_OF_ERROR: Readonly<Partial<Record<ErrorCode, number>>> = {
  usage: EXIT.usage,
  config: EXIT.usage,
  untrusted: EXIT.usage,
  'no-server': EXIT.noServer,
  aborted: EXIT.interrupted,
};
