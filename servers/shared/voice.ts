/** What a server's process says beside the protocol, and the codes that it exits with. */

export const EXIT_USAGE = 2;
export const EXIT_ADDRESS = 3;

/** A server's words on stderr, its name before them. */
export interface Voice {
  /** Says what went wrong. */
  readonly report: (error: unknown) => void;
  /** Says why the server cannot start, and lets the process end with this exit code. */
  readonly fail: (code: number, message: string) => void;
}

export function voiceOf(name: string): Voice {
  const say = (message: string): void => {
    process.stderr.write(`${name}: ${message}\n`);
  };
  return {
    report: (error) => say(error instanceof Error ? error.message : String(error)),
    fail: (code, message) => {
      say(message);
      process.exitCode = code;
    },
  };
}
