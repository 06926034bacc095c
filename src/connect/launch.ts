import type { PriorDiscovery } from '@modelcontextprotocol/client';
import { linkAbort, untilAborted } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import { Countdown } from '../base/countdown.ts';
import { startTimer } from '../base/timer.ts';
import type { Authorization } from './oauth/authorization.ts';
import { openSession } from './open-session.ts';
import type { Session, SessionOptions } from './session.ts';
import { mayPassByItself } from './setback.ts';

/** What one life of a connection learned of its server, for the next: nothing needs to be asked twice. */
export interface Known {
  /** Which era the server is of. */
  readonly era: PriorDiscovery;
  /** It speaks only the transport of 2024, though its config does not say so. */
  readonly isSse: boolean;
}

export interface LaunchOptions extends Omit<SessionOptions, 'authorization'> {
  /** Resolves to `undefined` where OAuth is not used. */
  readonly authorization: Promise<Authorization | undefined>;
  /** Longest wait until the tools are listed, ms, without the time for which a person is asked. `Infinity` disables it. */
  readonly connectMs: number;
  /** Absent where the server is to be asked. */
  readonly known: Known | undefined;
}

/** The answers to Streamable HTTP by which a server may be one of the transport before it. Source: MCP specification, transports, backwards compatibility. */
const OLD_TRANSPORT: ReadonlySet<number | undefined> = new Set([400, 404, 405]);
/** How long an address that refused Streamable HTTP may take to show that it speaks the old transport, ms: most speak neither. */
const OLD_TRANSPORT_MS = 5_000;

/**
 * One try to get a server ready. A stdio server is started once; only when the question about the new era made it exit is it started again, without the
 * question, or when it came too late to answer it, with no other way; and after the first process is gone. An HTTP server that refuses Streamable HTTP is asked for the transport before it. Owns whatever it started
 * until `run` has handed the session over.
 */
export class Launch {
  readonly #options: LaunchOptions;
  readonly #link = linkAbort(undefined);
  #authorization: Authorization | undefined;
  /** Of an earlier life: not why this one fails. */
  #problemBefore: HostError | undefined;
  #session: Session | undefined;
  #isSse: boolean;
  #gone: Promise<void> = Promise.resolve();

  constructor(options: LaunchOptions) {
    this.#options = options;
    this.#isSse = options.known?.isSse ?? false;
  }

  /** Resolves when everything is gone that a failed or aborted launch had started. Never rejects. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** What is known of the server now that `run` has resolved. */
  get learned(): Known | undefined {
    const era = this.#session?.era;
    return era === undefined ? undefined : { era, isSse: this.#isSse };
  }

  /** Gives up: `run` rejects with the reason. */
  abort(reason: HostError): void {
    this.#link.abort(reason);
  }

  /** Resolves to the session, connected and its tools listed. Rejects with a HostError whose message is for people; see {@link gone}. */
  async run(): Promise<Session> {
    using timer = this.#startTimer();
    let unsubscribe: (() => void) | undefined;
    try {
      this.#authorization = await this.#options.authorization;
      this.#problemBefore = this.#authorization?.problem;
      // Whoever waits for a person is not slow.
      unsubscribe = this.#authorization?.onAsking((isAsking) => {
        if (isAsking) timer.halt();
        else timer.goOn();
      });
      return await this.#connect();
    } catch (reason) {
      const failure = this.#explain(reason);
      if (this.#session !== undefined) this.#gone = this.#session.close(failure);
      throw failure;
    } finally {
      unsubscribe?.();
    }
  }

  /** What is known is taken for granted; a server that has become another one is asked anew. */
  async #connect(): Promise<Session> {
    const { signal } = this.#link;
    const { known } = this.#options;
    if (known === undefined) return await this.#ask();
    const first = await this.#open();
    try {
      await untilAborted(first.connect(signal, known.era), signal);
      return first;
    } catch (reason) {
      if (signal.aborted) throw reason;
      const failure = first.explain(reason);
      if (mayPassByItself(failure)) throw failure;
      await first.close(failure);
      this.#isSse = false;
      return await this.#ask();
    }
  }

  async #ask(): Promise<Session> {
    const { signal } = this.#link;
    const { protocol, endpoint } = this.#options;
    const first = await this.#open();
    try {
      await untilAborted(first.connect(signal, undefined), signal);
      return first;
    } catch (reason) {
      if (signal.aborted) throw reason;
      if (first.diedOfProbe) {
        await first.close(HostError.from(reason));
        const second = await this.#open();
        await untilAborted(second.connect(signal, { kind: 'legacy' }), signal);
        return second;
      }
      const { refusedStatus, isOfNewEra } = await import('./connect-failure.ts');
      if (endpoint.kind === 'stdio' && protocol === 'auto' && isOfNewEra(reason)) {
        // Of the new era, and too slow to say so: now it has all the time that there is.
        await first.close(HostError.from(reason));
        const second = await this.#open('modern');
        await untilAborted(second.connect(signal, undefined), signal);
        return second;
      }
      if (endpoint.kind !== 'http' || protocol === 'modern') throw reason;
      if (!OLD_TRANSPORT.has(refusedStatus(reason))) throw reason;
      return await this.#tryOldTransport(first, first.explain(reason));
    }
  }

  /** Throws `failure`, of the newer transport, when the older one works no better. */
  async #tryOldTransport(refused: Session, failure: HostError): Promise<Session> {
    await refused.close(failure);
    const { signal } = this.#link;
    using limit = linkAbort(signal);
    const timer = startTimer(OLD_TRANSPORT_MS, () => {
      limit.abort(failure);
    });
    this.#isSse = true;
    try {
      const session = await this.#open();
      await untilAborted(session.connect(limit.signal, undefined), limit.signal);
      return session;
    } catch (reason) {
      throw signal.aborted ? reason : failure;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Rejects with the signal's reason: what was aborted while an earlier session was being closed begins no other. */
  async #open(protocol = this.#options.protocol): Promise<Session> {
    const { signal } = this.#link;
    signal.throwIfAborted();
    const options = { ...this.#options, protocol, authorization: this.#authorization };
    const { endpoint } = options;
    this.#session = await openSession(
      this.#isSse && endpoint.kind === 'http'
        ? { ...options, endpoint: { ...endpoint, kind: 'sse' } }
        : options,
    );
    signal.throwIfAborted();
    return this.#session;
  }

  #explain(reason: unknown): HostError {
    const { signal } = this.#link;
    if (signal.aborted) return HostError.from(signal.reason);
    const { problem } = this.#authorization ?? {};
    const isOurs = problem !== this.#problemBefore;
    return (
      (isOurs ? problem : undefined) ??
      this.#session?.explain(reason) ??
      HostError.from(reason, 'connect-failed')
    );
  }

  #startTimer(): Countdown {
    const { connectMs, server } = this.#options;
    return new Countdown(connectMs, () => {
      const reason = this.#session?.explainTimeout(connectMs);
      this.#link.abort(
        reason ??
          new HostError(
            'connect-timeout',
            `server "${server}" was not ready within ${connectMs} ms`,
          ),
      );
    });
  }
}
