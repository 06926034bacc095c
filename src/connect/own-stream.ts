import { AsyncLocalStorage } from 'node:async_hooks';
import { backoffMs, type BackoffOptions } from '../base/backoff.ts';
import { MAX_TIMER_MS } from '../base/timer.ts';
import { isEventStream, isSuccess, type HttpFacts } from './http-facts.ts';
import type { HttpObserver } from './http-fetch.ts';
import { isNeverConnected, networkWords } from './network-error.ts';

/** What the stream is opened by, and whom it tells. */
interface OwnStreamPorts {
  /** Opens it by a new GET. Whether that rejects does not matter: what becomes of the GET is seen. */
  readonly open: () => Promise<void>;
  /** It was opened. What the server said while there was none is lost. */
  readonly onOpened: () => void;
  /** The server has none. */
  readonly onRefused: () => void;
  /** The server is not there any more, or does not know the session. */
  readonly onLost: (how: string) => void;
  readonly backoff?: BackoffOptions;
}

const BACKOFF: BackoffOptions = { baseMs: 1_000, maxMs: 30_000 };
/** A stream that lasted this long was well, ms: the next one is opened soon after it. */
const WELL_MS = 10_000;
/** How often a server that has never had such a stream, but does not say so either, is asked for it. */
const MAX_FIRST_TRIES = 5;

/**
 * Of which own stream something is done. One storage for all: while one is in use, every promise of the process costs more, and with a storage for each of fifty servers it cost
 * fifty times as much.
 */
const current = new AsyncLocalStorage<OwnStream | undefined>();
/** Streams that use it. */
let users = 0;

/**
 * The stream on which an HTTP server of the old era speaks by itself: opened by GET, and again whenever it ends, for as long as the session lasts, with
 * back-off for one that does not stay. The SDK would give up after two tries, and tell nobody; so it leaves this stream to us.
 *
 * Which GETs are this stream's, and which resume an answer, their headers do not tell: what is begun within `run` is.
 */
export class OwnStream {
  readonly #ports: OwnStreamPorts;
  /** The SDK's own way to go on after the last event; good for once. */
  #resume: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Monotonic, ms. */
  #dueAt = 0;
  #opened = 0;
  /** Tries in a row that gave no stream, or none that lasted. */
  #failures = 0;
  #isUser = false;
  /** It is not opened again: closed, or the server has none. */
  #isOver = false;

  constructor(ports: OwnStreamPorts) {
    this.#ports = ports;
  }

  /** Runs what opens the stream. */
  run<Result>(open: () => Result): Result {
    if (this.#isOver) return open();
    if (!this.#isUser) users += 1;
    this.#isUser = true;
    return current.run(this, open);
  }

  /** Runs what opens a stream of another kind, though it may be done because of something that came on this one. */
  outside<Result>(task: () => Result): Result {
    return this.#isWithin ? current.run(undefined, task) : task();
  }

  /** Takes over when the SDK wants to open a stream again, if it is this one; the server may have asked for a delay. Returns whether it is. */
  takes(resume: () => void, delayMs: number): boolean {
    if (!this.#isWithin) return false;
    this.#resume = resume;
    if (this.#timer !== undefined) this.#openIn(delayMs);
    return true;
  }

  /** Watches one GET of an event stream: this one's, or one that resumes an answer. */
  observer(headers: Headers): HttpObserver | undefined {
    if (headers.get('accept') !== 'text/event-stream') return undefined;
    const isOwn = this.#isWithin;
    let openedAt: number | undefined;
    return {
      onResponse: (facts) => {
        if (isStream(facts)) openedAt = performance.now();
        if (this.#opened > 0 && (facts.status === 404 || facts.status === 400)) {
          // A server without such a stream says so from the beginning.
          this.#ports.onLost(`it no longer knows our session (HTTP ${facts.status})`);
        }
        if (isOwn) this.#answered(facts);
      },
      onEnd: (reason) => {
        if (isNeverConnected(reason)) this.#ports.onLost(networkWords(reason));
        if (isOwn) this.#ended(openedAt);
      },
    };
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#isUser) users -= 1;
    this.#isUser = false;
    // As long as it is in use, calls over HTTP take half as long again.
    if (users === 0) current.disable();
  }

  get #isWithin(): boolean {
    return !this.#isOver && current.getStore() === this;
  }

  #answered(facts: HttpFacts): void {
    if (isStream(facts)) {
      this.#opened += 1;
      this.#ports.onOpened();
    } else if (isRefusal(facts)) {
      this.close();
      this.#ports.onRefused();
    }
  }

  #ended(openedAt: number | undefined): void {
    const wasWell = openedAt !== undefined && performance.now() - openedAt >= WELL_MS;
    this.#failures = wasWell ? 1 : this.#failures + 1;
    if (this.#opened === 0 && this.#failures >= MAX_FIRST_TRIES) this.close();
    this.#openIn(backoffMs(this.#failures, this.#ports.backoff ?? BACKOFF));
  }

  /** Not before what was asked for earlier. */
  #openIn(delayMs: number): void {
    if (this.#isOver) return;
    const now = performance.now();
    this.#dueAt = Math.max(this.#dueAt, now + Math.min(delayMs, MAX_TIMER_MS));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.run(() => {
        this.#open();
      });
    }, this.#dueAt - now).unref();
  }

  #open(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    if (resume !== undefined) resume();
    // Why it could not be opened is seen by the observer of its GET.
    else void this.#ports.open().catch(() => undefined);
  }
}

function isStream({ status, contentType }: HttpFacts): boolean {
  return isSuccess(status) && isEventStream(contentType);
}

/** Whether the server has no such stream, and will not have one: a page for people says so, too. */
function isRefusal({ status }: HttpFacts): boolean {
  if (status === 408 || status === 429) return false;
  return status < 500 || status === 501;
}
