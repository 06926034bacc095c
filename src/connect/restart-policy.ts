import { backoffMs } from '../base/backoff.ts';

/** How a server that went away is brought back. All durations in ms. */
export interface RestartOptions {
  /** The first delay; it doubles, with jitter. Default 250. */
  readonly baseMs: number;
  /** No delay is longer. Default 30_000. */
  readonly maxMs: number;
  /** A server that was ready for this long was well: what went wrong before is forgotten. Default 10_000. */
  readonly minUptimeMs: number;
  /** After so many times in a row that a server went away, or its process failed to start, it is left alone (the breaker opens). Default 5. */
  readonly maxSetbacks: number;
  /** How long it is left alone then, before it is tried once more. Default 60_000. */
  readonly restMs: number;
  /** A number in [0, 1): injected where a test must own it. Default `Math.random`. */
  readonly random: () => number;
}

const RESTART_DEFAULTS: RestartOptions = {
  baseMs: 250,
  maxMs: 30_000,
  minUptimeMs: 10_000,
  maxSetbacks: 5,
  restMs: 60_000,
  random: Math.random,
};

/** What to do after a setback: try again after `delayMs`; `rest` when the breaker is open. */
export interface Restart {
  readonly kind: 'retry' | 'rest';
  readonly delayMs: number;
  /** Setbacks in a row, this one included. */
  readonly setbacks: number;
}

/**
 * How a server was lost: `crash`, its process or its way to us went away, or a process did not come up; `session`, it is there, but does not know us any more;
 * `unreachable`, it cannot be connected to, which costs nobody anything: that never opens the breaker.
 */
export type SetbackKind = 'crash' | 'session' | 'unreachable';

/** Counts the setbacks of one server, and says when to try again. Owned by its connection. */
export class RestartPolicy {
  readonly options: RestartOptions;
  #setbacks = 0;
  #lives = 0;

  constructor(options: Partial<RestartOptions> = {}) {
    this.options = { ...RESTART_DEFAULTS, ...options };
  }

  /** The server went away after it had been ready for `uptimeMs`, or did not become ready (`uptimeMs` 0). */
  setback(uptimeMs: number, kind: SetbackKind = 'crash'): Restart {
    const { minUptimeMs, maxSetbacks, restMs } = this.options;
    if (uptimeMs >= minUptimeMs) {
      this.#setbacks = 0;
      this.#lives = 0;
    }
    this.#setbacks += 1;
    if (kind !== 'unreachable') this.#lives += 1;
    const setbacks = this.#setbacks;
    if (this.#lives >= maxSetbacks && kind !== 'unreachable')
      return { kind: 'rest', delayMs: restMs, setbacks: this.#lives };
    const isAtOnce = kind === 'session' && setbacks === 1;
    return {
      kind: 'retry',
      delayMs: isAtOnce ? 0 : backoffMs(setbacks, this.options),
      setbacks,
    };
  }
}
