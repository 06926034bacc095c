import { HostError } from '../base/errors.ts';
import { nestsDeeperThan } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import { TraceBuilder } from './trace-builder.ts';
import type { TextOf } from './trace-details.ts';
import { readEvent } from './trace-events.ts';
import { TRACE_FORMAT } from './trace-file.ts';
import { readLines, type FileLine } from './trace-lines.ts';
import type { Trace } from './trace.ts';

export interface ReadTraceOptions {
  /** How an outcome is put into words. */
  readonly textOf: TextOf;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** A longer line is left out. A result may be as large as a server may send it, 64 MiB by default, and JSON escapes make it longer. */
const LIMITS = { firstBytes: 64 * 1024, bytes: 160 * 1024 * 1024 };
/** What is nested deeper is left out, too: whoever walks through it is recursive. */
const MAX_DEPTH = 300;

/**
 * Reads a file of `--trace`, line by line: its size does not matter. A last line that breaks off in the middle, as it does when the program is killed or the disk
 * is full, is left out, and the trace says so. Throws HostError `usage`, with the number of the line, for a file that is no trace, or a damaged one.
 */
export async function readTrace(path: string, options: ReadTraceOptions): Promise<Trace> {
  let builder: TraceBuilder | undefined;
  let tornLine: number | null = null;
  let lines = 0;
  for await (const line of readLines(path, LIMITS)) {
    options.signal?.throwIfAborted();
    if (builder === undefined) {
      builder = begin(path, line, options);
      continue;
    }
    if (line.text === undefined) {
      lines += 1;
      continue;
    }
    const value = parsed(line.text);
    if (value === undefined && !line.whole) tornLine = line.number;
    else if (value === undefined) throw damaged(path, line.number, 'it is not JSON');
    else if (nestsDeeperThan(value.json, MAX_DEPTH)) lines += 1;
    else {
      const reading = readEvent(value.json);
      if ('fault' in reading) throw damaged(path, line.number, reading.fault);
      if (reading.event !== undefined) builder.add(reading.event);
    }
  }
  if (builder === undefined) {
    throw new HostError('usage', `${path} is empty: nothing was recorded`, {
      details: { line: 1 },
    });
  }
  return builder.finish({ tornLine, lines });
}

function begin(
  path: string,
  { text = '', number }: FileLine,
  options: ReadTraceOptions,
): TraceBuilder {
  const details = { line: number };
  const value = parsed(text);
  const reading = value === undefined ? undefined : readEvent(value.json);
  const event = reading !== undefined && 'event' in reading ? reading.event : undefined;
  if (event?.kind !== 'trace-start') {
    const message = `${path}:${String(number)}: this is no trace: its first line must be that of a file written by --trace`;
    throw new HostError('usage', message, { details });
  }
  if (event.format !== TRACE_FORMAT) {
    const message = `${path}:${String(number)}: this trace has format ${String(event.format)}, and this version reads ${String(TRACE_FORMAT)}: use the version that wrote it`;
    throw new HostError('usage', message, { details });
  }
  return new TraceBuilder(event, options.textOf);
}

function damaged(path: string, line: number, fault: string): HostError {
  const message = `${path}:${String(line)}: this line is damaged: ${visibleLine(fault)}`;
  return new HostError('usage', message, { details: { line } });
}

/** `undefined` for what is no JSON. */
function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    // What that means depends on where the line stands.
    return undefined;
  }
}
