import { HostError } from '../base/errors.ts';
import { visible } from '../base/visible.ts';
import type { RunResult, StopReason } from '../agent/run-result.ts';
import { compileGlobs } from '../config/globs.ts';
import type { HostConfig, ParallelMode } from '../config/host-config.ts';
import type { Host } from '../host/host.ts';
import { applyOptions } from '../host/host-options.ts';
import { summaryLine } from '../record/summary-line.ts';
import { createApprovals } from './approvals.ts';
import { chooseConfig } from './choose-config.ts';
import { canAsk, type CommonFlags, type Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { readInput } from './read-input.ts';
import { assertReached, isRemembered, tellUnmatched, waitForServers, withHost } from './session.ts';
import { unmatchedText } from './unmatched.ts';

export interface RunFlags extends CommonFlags {
  readonly model?: string;
  readonly api?: HostConfig['model']['api'];
  readonly maxTurns?: number;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  /** `false` with `--no-parallel`: one by one. */
  readonly parallel?: ParallelMode | false;
  readonly trace?: string;
}

/** `run`: one agent run until the model stops. Resolves to the exit code. */
export async function run(context: Context, prompt: string, flags: RunFlags): Promise<number> {
  const { terminal, interrupt } = context;
  const text = await readPrompt(context, prompt);
  const policy = { allow: flags.allow ?? [], deny: flags.deny ?? [] };
  // A glob that is none is found out before anything is started.
  compileGlobs([...policy.allow, ...policy.deny]);
  const config = configFor(await chooseConfig(context), flags);
  const options = {
    parallel: flags.parallel === false ? undefined : flags.parallel,
    trace: flags.trace,
    tellFailures: true,
  };
  return withHost(context, { config, options }, async ({ host, reached, questions }) => {
    await waitForServers(context, host);
    if (!interrupt.signal.aborted)
      assertReached(host, reached() || host.servers().some(isRemembered));
    tellUselessGlobs(context, host, flags);
    const stream = flags.json === true ? undefined : new AnswerStream(context);
    const approve = canAsk(context) ? createApprovals(context, questions) : undefined;
    const result = await host.run(text, {
      ...(flags.model === undefined ? {} : { model: flags.model }),
      ...(flags.maxTurns === undefined ? {} : { maxTurns: flags.maxTurns }),
      ...(approve === undefined ? {} : { approve }),
      policy,
      parallel: flags.parallel !== false,
      signal: interrupt.signal,
      onEvent: (event) => {
        if (event.kind === 'text-delta') stream?.write(event.turn, event.text);
      },
    });
    stream?.end();
    if (flags.json === true) terminal.json(resultJson(result));
    tellTotal(context, result, questions.askedMs);
    tellEnding(context, result);
    if (interrupt.happened) return EXIT.interrupted;
    // Nobody reads on (`| head`): the run ended for it, and that is no failure.
    return terminal.outputClosed ? EXIT.done : EXIT_OF[result.stopReason];
  });
}

const EXIT_OF: Readonly<Record<StopReason, number>> = {
  stop: EXIT.done,
  'max-turns': EXIT.failed,
  length: EXIT.failed,
  'content-filter': EXIT.failed,
  'model-error': EXIT.failed,
  interrupted: EXIT.interrupted,
};

async function readPrompt({ stdin, interrupt }: Context, prompt: string): Promise<string> {
  const text = prompt === '-' ? await readInput('-', { stdin, signal: interrupt.signal }) : prompt;
  if (text.trim() === '') throw new HostError('usage', 'the prompt is empty');
  return text;
}

function configFor(config: HostConfig, flags: RunFlags): HostConfig {
  const chosen = applyOptions(config, flags.server === undefined ? {} : { servers: flags.server });
  const api = flags.api ?? chosen.model.api;
  return { ...chosen, model: { ...chosen.model, api } };
}

/** Writes the model's text as it comes; what it says in different turns stands on different lines. */
class AnswerStream {
  readonly #terminal: Context['terminal'];
  #turn = 0;
  #lineOpen = false;

  constructor({ terminal }: Context) {
    this.#terminal = terminal;
  }

  write(turn: number, text: string): void {
    if (text === '') return;
    if (turn !== this.#turn) this.end();
    this.#turn = turn;
    this.#terminal.untrusted(text);
    this.#lineOpen = !text.endsWith('\n');
  }

  end(): void {
    if (this.#lineOpen) this.#terminal.result('\n');
    this.#lineOpen = false;
  }
}

function resultJson({ answer, model, turns, usage, stopReason }: RunResult): object {
  return {
    answer,
    model,
    turns: turns.map(({ text, calls, wallMs, sumMs, longestMs, speedup }) => {
      return { text, calls, wallMs, sumMs, longestMs, speedup };
    }),
    usage,
    stopReason,
  };
}

/** Several batches in one line, below the answer; a single one has had its own. */
function tellTotal({ terminal, flags }: Context, { turns }: RunResult, personMs: number): void {
  const batches = turns.filter(({ calls }) => calls.length > 0);
  if (flags.logLevel === 'silent' || batches.length < 2) return;
  const sum = (of: (turn: (typeof turns)[number]) => number): number =>
    batches.reduce((total, turn) => total + of(turn), 0);
  const wallMs = sum((turn) => turn.wallMs);
  const sumMs = sum((turn) => turn.sumMs);
  const total = {
    results: batches.flatMap(({ calls }) => calls),
    wallMs,
    sumMs,
    longestMs: Math.max(...batches.map(({ longestMs }) => longestMs)),
    speedup: wallMs > 0 && sumMs > 0 ? sumMs / wallMs : 1,
  };
  const line = `${summaryLine(total, { personMs })} · ${String(batches.length)} batches`;
  terminal.note(terminal.err.strong(line));
}

/** Says why a run ended, unless it ended well. */
function tellEnding({ terminal, flags }: Context, result: RunResult): void {
  const turns = String(result.turns.length);
  const words: Readonly<Record<StopReason, string>> = {
    stop: '',
    'max-turns': `stopped after ${turns} turn${turns === '1' ? '' : 's'} (--max-turns, limits.maxTurns): the model had not finished`,
    length: 'the model’s answer is cut off: it reached its length limit',
    'content-filter': 'the model’s answer is cut off by the endpoint’s content filter',
    'model-error': `the model failed: ${visible(result.error?.message ?? 'for an unknown reason')}`,
    interrupted: '',
  };
  const text = words[result.stopReason];
  if (text === '') return;
  terminal.note(`${terminal.err.bad('✗')} ${text}`);
  if (flags.logLevel === 'debug' || flags.logLevel === 'trace') {
    terminal.note(visible(result.error?.stack ?? ''));
  }
}

/** A glob that matches nothing is most likely mistyped; a `deny` that is would let something through. */
function tellUselessGlobs(context: Context, host: Host, flags: RunFlags): void {
  const names = host.tools().map(({ exposed }) => exposed);
  for (const flag of ['allow', 'deny'] as const) {
    for (const glob of flags[flag] ?? []) {
      const matches = compileGlobs([glob]);
      if (names.some((name) => matches(name) !== undefined)) continue;
      const text = unmatchedText(`--${flag} ${JSON.stringify(glob)}`, glob, names);
      context.terminal.note(`${context.terminal.err.warn('!')} ${visible(text)}`);
    }
  }
  tellUnmatched(context, host, flags);
}
