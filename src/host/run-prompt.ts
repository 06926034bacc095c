import { runAgent } from '../agent/loop.ts';
import type { RunResult } from '../agent/run-result.ts';
import type { BatchInput, RunBatchOptions } from '../call/batch-item.ts';
import type { BatchReport } from '../call/call.ts';
import type { HostEvent } from '../call/events.ts';
import type { Tool } from '../call/tool.ts';
import type { HostConfig } from '../config/host-config.ts';
import type { PolicyOverrides } from '../config/policy.ts';
import { createModel } from '../model/choose.ts';
import type { Model } from '../model/model.ts';
import type { Approve } from './authority.ts';
import type { BatchTerms, BuiltIns } from './batches.ts';
import type { KeptResults } from './kept-results.ts';
import { ReadResult } from './read-result.ts';
import { MAX_TOOLS, ToolWindow } from './tool-window.ts';

export interface RunOptions {
  /** A model's name at the configured address, or a model of the caller's own. Default: the config's. */
  readonly model?: string | Model;
  /** Globs over exposed names, added to the config's policy. */
  readonly policy?: PolicyOverrides;
  /** Asks a person about a call that policy neither allows nor denies. Default: such calls are denied. */
  readonly approve?: Approve;
  /** Most messages the model is asked for. Default `limits.maxTurns`. The calls of the last one are still run. */
  readonly maxTurns?: number;
  /** `false`: asks the model for one call at a time, and runs calls one by one. Default `true`. */
  readonly parallel?: boolean;
  /** Interrupts the run: what runs is cancelled at its servers, and the result holds what there is. */
  readonly signal?: AbortSignal;
  /** Receives the host's events while the run lasts. */
  readonly onEvent?: (event: HostEvent) => void;
}

/** What a run needs of its host. */
export interface RunPorts {
  readonly config: HostConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tools: () => readonly Tool[];
  readonly runBatch: (
    calls: BatchInput,
    options: RunBatchOptions,
    terms: Omit<BatchTerms, 'authorize'>,
  ) => Promise<BatchReport>;
  /** Bounds the results of this run. */
  readonly results: KeptResults;
  readonly emit: (event: HostEvent) => void;
  readonly listen: (listener: (event: HostEvent) => void) => () => void;
}

/** One agent run on a host: chooses the model, and lets the loop run over the host's tools. */
export async function runPrompt(
  prompt: string,
  options: RunOptions,
  ports: RunPorts,
): Promise<RunResult> {
  const { model: chosen, onEvent, signal } = options;
  const { model: configured, limits } = ports.config;
  const model =
    typeof chosen === 'object'
      ? chosen
      : createModel(chosen === undefined ? configured : { ...configured, name: chosen }, ports.env);
  const { results } = ports;
  const reader = new ReadResult(results);
  const window = new ToolWindow({
    all: ports.tools,
    prompt,
    maxTools: model.maxTools ?? MAX_TOOLS,
    others: () => reader.tools(),
  });
  const builtIns: BuiltIns = {
    tool: (name) => window.tool(name) ?? reader.tool(name),
    chainOf: (tool) => window.chainOf(tool) ?? reader.chainOf(tool),
  };
  const unsubscribe = onEvent === undefined ? undefined : ports.listen(onEvent);
  try {
    return await runAgent({
      model,
      prompt,
      tools: () => window.tools(),
      runBatch: (calls, { isTaken, ...rest }) =>
        ports.runBatch(calls, rest, { builtIns, results, isTaken }),
      maxTurns: options.maxTurns ?? limits.maxTurns,
      parallel: options.parallel ?? true,
      batchHint: configured.batchHint,
      onEvent: ports.emit,
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    unsubscribe?.();
  }
}
