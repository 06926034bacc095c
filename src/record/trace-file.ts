import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { describe, HostError, systemCode } from '../base/errors.ts';
import type { HostEvent } from '../call/events.ts';
import type { Redact } from './redact.ts';

export interface TraceOptions {
  /** Takes secrets out of what is recorded. */
  readonly redact: Redact;
  /** Told once, when the file cannot be written any more; the run goes on without it. */
  readonly onWarning: (message: string) => void;
}

/** A file that receives every event, one JSON line each. */
export interface TraceFile extends Disposable {
  /** Writes one event. Never throws: a line that cannot be written ends the recording, not the run. */
  readonly write: (event: HostEvent) => void;
}

/** Of the lines' shape: raised when a reader of older files could not read newer ones. */
export const TRACE_FORMAT = 1;

/**
 * Opens a trace file and empties it. Each line is complete on disk before the next thing happens, so that a run that dies leaves all that it did.
 * The file is its owner's alone (mode 0600), for arguments and results are in it. Throws HostError `usage` for a path that cannot be written or
 * that is anything but a plain file: a symbolic link is not followed.
 */
export async function openTraceFile(path: string, options: TraceOptions): Promise<TraceFile> {
  const fd = openPrivately(path);
  const { pino } = await import('pino');
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    closeSync(fd);
  };
  // Its own stream: pino's would throw a full disk into the run, or, told not to, try every line again.
  const writeLine = (line: string): void => {
    try {
      writeWhole(fd, line);
    } catch (reason) {
      close();
      options.onWarning(`${path}: the trace ends here: ${describe(reason)}`);
    }
  };
  const log = pino({ base: null }, { write: writeLine });
  log.info({ kind: 'trace-start', format: TRACE_FORMAT });
  return {
    write: (event) => {
      if (open) log.info(options.redact(lineOf(event)));
    },
    [Symbol.dispose]: close,
  };
}

/** A batch's results are in the lines of its calls: they are not written twice. */
function lineOf(event: HostEvent): object {
  if (event.kind !== 'batch-end') return event;
  const { results, ...times } = event.report;
  return { ...event, report: { calls: results.length, ...times } };
}

function writeWhole(fd: number, line: string): void {
  let rest = Buffer.from(line);
  while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
}

function openPrivately(path: string): number {
  // Without O_NONBLOCK a named pipe that nobody reads would stop the program here. Windows has neither that nor O_NOFOLLOW: as `undefined` they add nothing.
  const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (reason) {
    const why =
      systemCode(reason) === 'ELOOP'
        ? 'it is a symbolic link: name the file itself'
        : describe(reason);
    throw new HostError('usage', `cannot write the trace ${path}: ${why}`, { cause: reason });
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() && !stats.isCharacterDevice()) {
      throw new HostError('usage', `cannot write the trace ${path}: it is no plain file`);
    }
    if (stats.isFile()) {
      fchmodSync(fd, 0o600);
      ftruncateSync(fd);
    }
    return fd;
  } catch (reason) {
    closeSync(fd);
    throw HostError.from(reason, 'usage');
  }
}
