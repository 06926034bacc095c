import { closeSync, writeFileSync } from 'node:fs';
import { describe, HostError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { visible } from '../base/visible.ts';
import { outcomeText } from '../model/content.ts';
import { openOwnFile } from '../record/own-file.ts';
import { readTrace } from '../record/read-trace.ts';
import { isTracePage, traceHtml } from '../record/trace-html.ts';
import { traceText } from '../record/trace-text.ts';
import { counted, traceTotals } from '../record/trace-view.ts';
import type { Trace, TraceTurn } from '../record/trace.ts';
import type { CommonFlags, Context } from './context.ts';
import { EXIT } from './exit-codes.ts';

export interface TraceFlags extends CommonFlags {
  /** Where to write the page. */
  readonly html?: string;
}

/** Lines of a pipe may be of any length, but a bar needs an end. */
const PIPE_COLUMNS = 120;

/** `trace`: shows what a `--trace` file has recorded. Starts nothing, and needs no config. Resolves to the exit code. */
export async function showTrace(
  context: Context,
  path: string,
  flags: TraceFlags,
): Promise<number> {
  const { terminal, interrupt } = context;
  const recorded = await readTrace(path, { textOf: outcomeText, signal: interrupt.signal });
  const trace = flags.server === undefined ? recorded : onlyServers(recorded, flags.server);
  if (flags.html !== undefined) writePage(flags.html, traceHtml(trace, path));
  if (flags.json === true) terminal.json(trace);
  else if (flags.html !== undefined) {
    const { calls } = traceTotals(trace);
    terminal.result(
      `${visible(flags.html)}: ${counted(calls, 'call')}, ready to be opened in a browser\n`,
    );
  } else {
    const width = terminal.outIsTerminal ? terminal.outColumns - 1 : PIPE_COLUMNS;
    terminal.result(traceText(trace, { width, paint: terminal.out }));
  }
  return EXIT.done;
}

/** The calls of these servers. Throws HostError `usage` for one that is not in the trace. */
function onlyServers(trace: Trace, wanted: readonly string[]): Trace {
  const names = trace.servers.map(({ name }) => name);
  for (const name of wanted) {
    if (names.includes(name)) continue;
    const hint = nearest(name, names, 1).map((near) => `; did you mean "${near}"?`);
    throw new HostError('usage', `the trace has no server "${name}"${hint.join('')}`);
  }
  const turns = trace.turns.map((turn): TraceTurn => {
    if (turn.batch === null) return turn;
    const calls = turn.batch.calls.filter(
      ({ server }) => server !== null && wanted.includes(server),
    );
    return { ...turn, batch: { ...turn.batch, calls } };
  });
  const servers = trace.servers.filter(({ name }) => wanted.includes(name));
  return { ...trace, servers, turns };
}

/** The page holds arguments and results: like the trace, it is its owner's alone. Throws HostError `usage`. */
function writePage(path: string, html: string): void {
  const fd = openOwnFile(path, { name: 'the page', isOurs: isTracePage });
  try {
    writeFileSync(fd, html);
  } catch (reason) {
    throw new HostError('usage', `cannot write the page ${path}: ${describe(reason)}`, {
      cause: reason,
    });
  } finally {
    closeSync(fd);
  }
}
