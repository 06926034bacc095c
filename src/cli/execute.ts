import { HostError, systemCode } from '../base/errors.ts';
import { visible } from '../base/visible.ts';
import { tells } from '../record/log.ts';
import type { CommonFlags, Context } from './context.ts';
import { EXIT, EXIT_OF_ERROR } from './exit-codes.ts';
import { Interrupt } from './interrupt.ts';
import { Terminal } from './terminal.ts';

/**
 * Runs one command on the process's own streams, and ends the process: with the command's exit code, or with that of what it threw, told in a readable line.
 * Nothing is thrown from here, and the terminal is left as it was found.
 */
export async function execute(
  flags: CommonFlags,
  command: (context: Context) => Promise<number>,
): Promise<void> {
  const { stdout, stderr, stdin, env } = process;
  const terminal = new Terminal({ stdout, stderr, env, color: flags.color });
  const interrupt = new Interrupt(terminal);
  // Before code is kept: a person waits for nothing with a hidden cursor.
  process.prependListener('exit', () => {
    terminal.restoreCursor();
  });
  if (terminal.canDraw && process.platform !== 'win32') leaveScreenOnStop(terminal);
  process.on('uncaughtException', (reason) => {
    tellError(terminal, flags, reason);
    process.exit(EXIT.failed);
  });
  let code: number;
  try {
    code = await command({ terminal, interrupt, stdin, env, flags });
  } catch (reason) {
    const error = HostError.from(reason);
    // Who interrupts knows; it was acknowledged at once.
    if (error.code !== 'aborted') tellError(terminal, flags, error);
    const isQuiet = error.code === 'aborted' && !interrupt.happened && terminal.outputClosed;
    code = isQuiet ? EXIT.done : (EXIT_OF_ERROR[error.code] ?? EXIT.failed);
  }
  await terminal.flush();
  const { outputFailure } = terminal;
  if (outputFailure !== undefined) {
    terminal.note(
      `${terminal.err.bad('error:')} the result could not be written: ${outputFailure.message}`,
    );
    code = Math.max(code, EXIT.failed);
  }
  // Nothing may keep the process alive now, such as a stdin that was never read.
  process.exit(code);
}

/** The system has too little of something: open files, processes, memory, disk. That is nobody's defect. */
const SHORTAGES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOSPC']);

/** Ctrl-Z: the shell gets the screen, and the cursor, as it was. */
function leaveScreenOnStop(terminal: Terminal): void {
  process.on('SIGTSTP', () => {
    const resume = terminal.pauseFrame();
    terminal.restoreCursor();
    process.once('SIGCONT', resume);
    process.kill(process.pid, 'SIGSTOP');
  });
}

function tellError(terminal: Terminal, flags: CommonFlags, reason: unknown): void {
  const error = HostError.from(reason);
  terminal.frame(undefined);
  const isDefect = error.code === 'internal' && !SHORTAGES.has(systemCode(error) ?? '');
  const defect = isDefect ? 'defect in mcp-fanout: ' : '';
  terminal.note(`${terminal.err.bad('error:')} ${defect}${visible(error.message)}`);
  if (!tells(flags.logLevel, 'debug')) return;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    terminal.note(visible(cause.stack ?? cause.message));
  }
}
