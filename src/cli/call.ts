import { HostError } from '../base/errors.ts';
import type { BatchReport, ToolCall } from '../call/call.ts';
import { isFailure } from '../call/outcome.ts';
import { prefixOf } from '../catalogue/exposed-name.ts';
import type { HostConfig, ParallelMode } from '../config/host-config.ts';
import { applyOptions } from '../host/host-options.ts';
import { callsFromArguments, callsFromBatch } from './batch-input.ts';
import { chooseConfig } from './choose-config.ts';
import type { CommonFlags, Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { readInput } from './read-input.ts';
import { resultBody, resultHeading } from './result-text.ts';
import { assertReached, waitForServers, withHost } from './session.ts';
import { startingAll } from './starting-all.ts';

export interface CallFlags extends CommonFlags {
  readonly batch?: string;
  /** `false` with `--no-parallel`: one by one. */
  readonly parallel?: ParallelMode | false;
  readonly trace?: string;
}

/** How long the batch is held back for servers that start slower than the first, ms. */
const START_PATIENCE_MS = 500;

/** `call`: one batch without a model. Opens only the servers that the names need. Resolves to the exit code. */
export async function call(
  context: Context,
  words: readonly string[],
  flags: CallFlags,
): Promise<number> {
  const { interrupt } = context;
  const calls = await readCalls(context, words, flags);
  const whole = await chooseConfig(context);
  const config = applyOptions(whole, chosen(flags));
  assertNoneLeftOut(calls, whole, config);
  const needed = serversFor(calls, config);
  // Their first call is coming: none is spared.
  const session = startingAll(config);
  const options = {
    servers: needed,
    parallel: flags.parallel === false ? undefined : flags.parallel,
    trace: flags.trace,
    tellFailures: false,
  };
  return withHost(context, { config: session, options }, async ({ host, reached }) => {
    // A name that belongs to no server is answered with near ones: they must be known by then.
    if (needed === undefined) await waitForServers(context, host);
    // So that the batch's times are those of its calls. One that hangs costs the others next to nothing: its own calls wait for it.
    else await host.ready({ signal: interrupt.signal, patienceMs: START_PATIENCE_MS });
    const report = await host.batchReport(calls, {
      signal: interrupt.signal,
      oneByOne: flags.parallel === false,
    });
    write(context, report);
    if (interrupt.happened) return EXIT.interrupted;
    if (calls.length > 0) assertReached(host, reached());
    return report.results.some(({ outcome }) => isFailure(outcome)) ? EXIT.failed : EXIT.done;
  });
}

async function readCalls(
  context: Context,
  words: readonly string[],
  flags: CallFlags,
): Promise<readonly ToolCall[]> {
  if (flags.batch === undefined) return callsFromArguments(words);
  if (words.length > 0) {
    throw new HostError('usage', 'calls are given twice: as arguments and with --batch; leave one');
  }
  const { stdin, interrupt } = context;
  const text = await readInput(flags.batch, { stdin, signal: interrupt.signal });
  return callsFromBatch(text, flags.batch === '-' ? 'stdin' : flags.batch);
}

function chosen(flags: CommonFlags): { readonly servers?: readonly string[] } {
  return flags.server === undefined ? {} : { servers: flags.server };
}

/** The servers whose prefixes the names have; `undefined` for all, when a name has the prefix of none. */
function serversFor(calls: readonly ToolCall[], config: HostConfig): readonly string[] | undefined {
  const needed = new Set<string>();
  for (const { name } of calls) {
    const owner = ownerOf(name, config);
    if (owner === undefined) return undefined;
    needed.add(owner.id);
  }
  return [...needed];
}

/** The server whose prefix the name has. */
function ownerOf(name: string, { servers }: HostConfig): HostConfig['servers'][number] | undefined {
  const prefix = prefixOf(name);
  return servers.find((server) =>
    server.kind === 'server' ? server.prefix === prefix : server.id === prefix,
  );
}

/** Throws HostError `usage` for a call of a server that `--server` leaves out. */
function assertNoneLeftOut(
  calls: readonly ToolCall[],
  whole: HostConfig,
  config: HostConfig,
): void {
  for (const { name } of calls) {
    const owner = ownerOf(name, whole);
    if (owner === undefined || config.servers.some(({ id }) => id === owner.id)) continue;
    throw new HostError(
      'usage',
      `--server leaves out server "${owner.id}", which ${JSON.stringify(name.slice(0, 128))} belongs to: name it, too, or leave --server away`,
    );
  }
}

function write({ terminal, flags }: Context, report: BatchReport): void {
  if (flags.json === true) {
    const { results, wallMs, sumMs, longestMs, speedup } = report;
    terminal.json({ results, wallMs, sumMs, longestMs, speedup });
    return;
  }
  for (const [index, record] of report.results.entries()) {
    terminal.result(`${index === 0 ? '' : '\n'}${resultHeading(record, terminal.out)}\n`);
    terminal.untrusted(resultBody(record));
  }
}
