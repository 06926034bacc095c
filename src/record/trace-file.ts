import { closeSync, writeSync } from 'node:fs';
import { describe } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import type { HostEvent } from '../call/events.ts';
import { openOwnFile } from './own-file.ts';
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
const START = 'trace-start';

/**
 * Opens a trace file and empties it. Each line is complete on disk before the next thing happens, so that a run that dies leaves all that it did.
 * The file is its owner's alone, for arguments and results are in it. Throws HostError `usage`, as {@link openOwnFile} does: of what is there already
 * only an earlier trace is written over.
 */
export async function openTraceFile(path: string, options: TraceOptions): Promise<TraceFile> {
  const fd = openOwnFile(path, { name: 'the trace', isOurs: isTrace });
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
  log.info({ kind: START, format: TRACE_FORMAT });
  return {
    write: (event) => {
      if (open) log.info(options.redact(lineOf(event)));
    },
    [Symbol.dispose]: close,
  };
}

/** Whether a file begins as a trace does, of whatever format. */
function isTrace(start: string): boolean {
  try {
    const first = JSON.parse(start.split('\n', 1)[0] ?? '') as unknown;
    return isJsonObject(first) && first['kind'] === START;
  } catch {
    // Not JSON: anything but a trace.
    return false;
  }
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
