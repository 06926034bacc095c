import { Emitter } from '../base/emitter.ts';
import { HostError } from '../base/errors.ts';
import type { RunBatch } from '../call/batch-item.ts';
import type { HostEvent } from '../call/events.ts';
import type { Tool } from '../call/tool.ts';
import type { Model, Usage } from '../model/model.ts';
import { Conversation } from './conversation.ts';
import type { RunResult, StopReason, TurnRecord } from './run-result.ts';
import { BATCH_NOTE } from './system-note.ts';
import { runTurn, type Turn } from './turn.ts';

/** What a run tells while it goes on. Turns count from 1. */
export type TurnEvent = Extract<HostEvent, { kind: 'turn-start' | 'text-delta' | 'turn-end' }>;

export interface AgentOptions {
  readonly model: Model;
  /** The tools as they are now; asked anew for each message. */
  readonly tools: () => readonly Tool[];
  readonly runBatch: RunBatch;
  readonly prompt: string;
  /** Most messages that the model is asked for. Default 25; `Infinity` disables it. The calls of the last one are still run. */
  readonly maxTurns?: number;
  /** `false`: asks for one call at a time, and runs calls one by one. Default `true`. */
  readonly parallel?: boolean;
  /** Whether a short note encourages the model to batch its calls. Default `true`; without effect when `parallel` is `false`. */
  readonly batchHint?: boolean;
  /** Interrupts the run: calls under way are cancelled, and the result holds what there is. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TurnEvent) => void;
  /** Goes on with it: the prompt is its next message. Default: a new one. */
  readonly conversation?: Conversation;
}

/**
 * Asks the model, runs its calls as one batch, hands it the results as one follow-up, and so on until it stops. A failing model and an
 * interruption are a `stopReason`, not a rejection. Rejects with HostError `usage` for a `maxTurns` below 1, and with what the executor rejects
 * with (`closed`), which is never a call's fault.
 */
export async function runAgent(options: AgentOptions): Promise<RunResult> {
  const { maxTurns = 25 } = options;
  if (!(maxTurns >= 1))
    throw new HostError('usage', `maxTurns must be at least 1, not ${String(maxTurns)}`);
  const run = new AgentRun(options);
  for (let turn = 1; ; turn += 1) {
    const ended = await run.takeTurn(turn, turn >= maxTurns);
    if (ended !== undefined) return run.result(ended);
  }
}

/** Why the run is over. */
interface Ended {
  readonly stopReason: StopReason;
  readonly error?: HostError;
}

class AgentRun {
  readonly #options: AgentOptions;
  readonly #conversation: Conversation;
  readonly #events = new Emitter<TurnEvent>();
  readonly #signal: AbortSignal;
  readonly #turns: TurnRecord[] = [];
  #usage: Usage | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#conversation = options.conversation ?? new Conversation();
    this.#signal = options.signal ?? new AbortController().signal;
    if (options.onEvent !== undefined) this.#events.on(options.onEvent);
    const { parallel = true, batchHint = true } = options;
    if (this.#conversation.isEmpty && parallel && batchHint)
      this.#conversation.append('system', BATCH_NOTE);
    this.#conversation.append('user', options.prompt);
  }

  /** Resolves to why the run is over, or `undefined` when it is not. */
  async takeTurn(number: number, isLast: boolean): Promise<Ended | undefined> {
    if (this.#signal.aborted) return { stopReason: 'interrupted' };
    const { model, runBatch, parallel = true } = this.#options;
    this.#events.emit({ kind: 'turn-start', turn: number });
    const request = {
      messages: this.#conversation.messages,
      tools: this.#options.tools(),
      parallelToolCalls: parallel,
    };
    const turn = await runTurn(request, {
      model,
      runBatch,
      oneByOne: !parallel,
      signal: this.#signal,
      hasCall: (id) => this.#conversation.hasCall(id),
      onText: (text) => {
        this.#events.emit({ kind: 'text-delta', turn: number, text });
      },
    });
    this.#record(turn);
    const finish = turn.end.kind === 'finished' ? turn.end.reason : turn.end.kind;
    this.#events.emit({ kind: 'turn-end', turn: number, calls: turn.calls.length, finish });
    if (turn.executorError !== undefined) throw turn.executorError;
    return this.#ending(turn, isLast);
  }

  result(ended: Ended): RunResult {
    return {
      answer: this.#turns.at(-1)?.text ?? '',
      model: this.#options.model.name,
      turns: this.#turns,
      usage: this.#usage ?? null,
      stopReason: ended.stopReason,
      messages: this.#conversation.messages,
      ...(ended.error === undefined ? {} : { error: ended.error }),
    };
  }

  #record(turn: Turn): void {
    const { text, calls, report, output } = turn;
    const { results: answered = [], unseen } = report ?? {};
    const results = this.#conversation.appendTurn({
      text,
      calls,
      results: answered,
      unseen,
      output,
    });
    this.#turns.push({
      text,
      calls: results,
      wallMs: report?.wallMs ?? 0,
      sumMs: report?.sumMs ?? 0,
      longestMs: report?.longestMs ?? 0,
      speedup: report?.speedup ?? 1,
    });
    if (turn.usage !== undefined) this.#usage = add(this.#usage, turn.usage);
  }

  #ending(turn: Turn, isLast: boolean): Ended | undefined {
    if (turn.end.kind === 'failed') return { stopReason: 'model-error', error: turn.end.error };
    if (turn.end.kind === 'interrupted') return { stopReason: 'interrupted' };
    const { reason } = turn.end;
    if (reason === 'length' || reason === 'content-filter') return { stopReason: reason };
    if (turn.calls.length === 0) return { stopReason: 'stop' };
    if (this.#signal.aborted) return { stopReason: 'interrupted' };
    return isLast ? { stopReason: 'max-turns' } : undefined;
  }
}

function add(sum: Usage | undefined, more: Usage): Usage {
  return {
    inputTokens: (sum?.inputTokens ?? 0) + more.inputTokens,
    outputTokens: (sum?.outputTokens ?? 0) + more.outputTokens,
    cachedInputTokens: (sum?.cachedInputTokens ?? 0) + more.cachedInputTokens,
  };
}
