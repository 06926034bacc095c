import type { LogLevel } from '../record/log.ts';
import type { Interrupt } from './interrupt.ts';
import type { Terminal } from './terminal.ts';

/** The flags that every command takes. */
export interface CommonFlags {
  readonly config?: string;
  readonly json?: boolean;
  /** Repeatable: only these. */
  readonly server?: readonly string[];
  readonly logLevel: LogLevel;
  /** `false` with `--no-color`. */
  readonly color: boolean;
}

/** What a command works with. */
export interface Context {
  readonly terminal: Terminal;
  readonly interrupt: Interrupt;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: CommonFlags;
}

/** Whether somebody is there to be asked. */
export function canAsk({ terminal, stdin }: Context): boolean {
  return stdin.isTTY && terminal.canAsk;
}
