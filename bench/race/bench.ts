import type { Contender, Fleet, OpenOptions, ServerSpec } from './contender.ts';
import type { Params } from './row.ts';

/** What one run of a work has shown. */
export interface Sample {
  /** Milliseconds or bytes, as the work says. */
  readonly value: number;
  /** What the contender's own process computed meanwhile, ms. */
  readonly cpuMs?: number;
}

/** What a work is given: one contender, and servers that nobody has spoken to. */
export interface Bench {
  readonly contender: Contender;
  readonly servers: readonly ServerSpec[];
  readonly options: OpenOptions;
  /** Empty, and removed afterwards. */
  readonly folder: string;
  /** Connects to all servers, or to the given ones. What is opened is closed when the sample has been taken. */
  readonly open: (servers?: readonly ServerSpec[]) => Promise<Fleet>;
  readonly held: HeldLists;
}

/** Servers that hold back their lists of tools; rows have such servers by the argument `--hold`. */
interface HeldLists {
  /** Resolves when all servers were asked for their tools. */
  readonly asked: Promise<void>;
  /** Has them answer. */
  letGo(): void;
}

export interface Work {
  readonly unit: 'ms' | 'bytes';
  /** Warms up as far as it has to, takes the sample, and throws when an answer is wrong. */
  run(bench: Bench, params: Params): Promise<Sample>;
}

/** The time of a task, on a tidy heap. */
export async function timed(task: () => Promise<unknown>): Promise<Sample> {
  globalThis.gc?.();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await task();
  const value = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { value, cpuMs: (user + system) / 1000 };
}
