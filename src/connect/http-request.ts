import { HostError } from '../base/errors.ts';
import { DispatchedRequest, type ResponseListener } from './http-dispatch.ts';
import { isSuccess, rawFactsOf, rawHeader, type HttpFacts, type RawHeaders } from './http-facts.ts';
import type { RequestHeaders, SessionFacts } from './http-headers.ts';
import { targetOf, type LanePorts, type Target } from './http-lane-ports.ts';
import { MAX_REDIRECTS, redirectTarget } from './http-redirect.ts';
import { MAX_ERROR_BYTES } from './http-status.ts';
import { RefusalsOfOne, type Credentials, type Refusal } from './oauth/credentials.ts';

/** Takes in a body. */
export interface BodyReader {
  onbody(chunk: Buffer): void;
  /** It came whole; nothing more comes. */
  onwhole(facts: HttpFacts): void;
}

/** Hears what came of a request; of the last two only one, and nothing after it. */
export interface RequestListener {
  /** The server took it. What it says goes to the result. */
  onresponse(facts: HttpFacts): BodyReader;
  /** It was refused; `body` as far as it was read. */
  onrefused(facts: HttpFacts, body: string): void;
  /** `facts`: what was answered before it broke off, if anything. */
  onbroken(reason: Error, facts: HttpFacts | undefined): void;
}

export interface RequestContent {
  readonly method: 'GET' | 'POST';
  readonly body: string | null;
  makeHeaders(sheet: RequestHeaders, session: SessionFacts, token: string | undefined): string[];
}

/** One request beside the SDK: with its token, after a refusal again with a better one, and after a redirect at its new address. */
export class LaneRequest implements ResponseListener {
  readonly #ports: LanePorts;
  readonly #content: RequestContent;
  readonly #listener: RequestListener;
  #target: Target;
  #redirects = 0;
  #token: string | undefined;
  #refusals: RefusalsOfOne | undefined;
  #wire: DispatchedRequest | undefined;
  /** An earlier try was sent. */
  #wasSent = false;
  #facts: HttpFacts | undefined;
  #challenge: string | undefined;
  #body: BodyReader | undefined;
  /** Of a refusal. */
  #words: Words | undefined;
  /** Made when something is waited for. */
  #dropping: AbortController | undefined;
  #isDropped = false;

  constructor(ports: LanePorts, content: RequestContent, listener: RequestListener) {
    this.#ports = ports;
    this.#content = content;
    this.#listener = listener;
    this.#target = ports.target;
  }

  /** Whether anything of the present try can have left; those before it were refused. */
  get isSent(): boolean {
    return this.#wire?.isSent === true;
  }

  /** Whether anything of any try can have left. */
  get wasSent(): boolean {
    return this.#wasSent || this.isSent;
  }

  send(): void {
    const credentials = this.#credentials;
    const now = credentials?.tokenNow() ?? NO_TOKEN;
    if (now !== 'wait') this.#dispatch(now.token);
    else if (credentials !== undefined) this.#heed(this.#sendLater(credentials));
  }

  /** Nothing more is told, and its connection is closed, unless the response came to its end. */
  drop(): void {
    this.#isDropped = true;
    this.#dropping?.abort();
    this.#wire?.drop();
  }

  onhead(status: number, headers: RawHeaders): void {
    const facts = rawFactsOf(status, headers);
    this.#facts = facts;
    if (isSuccess(status)) this.#body = this.#listener.onresponse(facts);
    else this.#challenge = rawHeader(headers, 'www-authenticate');
  }

  onbody(chunk: Buffer): void {
    if (this.#body !== undefined) {
      this.#body.onbody(chunk);
      return;
    }
    this.#words ??= new Words();
    if (this.#words.accept(chunk)) return;
    this.#wire?.drop();
    this.onend();
  }

  onend(): void {
    if (this.#facts === undefined) return;
    if (this.#body !== undefined) this.#body.onwhole(this.#facts);
    else this.#heed(this.#refused(this.#facts));
  }

  onbroken(reason: Error): void {
    this.#listener.onbroken(reason, this.#facts);
  }

  /** Where they may be sent. */
  get #credentials(): Credentials | undefined {
    const { credentials, target } = this.#ports;
    if (this.#target === target || credentials === undefined) return credentials;
    return credentials.covers(this.#target.url) ? credentials : undefined;
  }

  async #sendLater(credentials: Credentials): Promise<void> {
    const token = await credentials.token(this.#dropSignal);
    if (!this.#isDropped) this.#dispatch(token);
  }

  #dispatch(token: string | undefined): void {
    const { pool, headers, session } = this.#ports;
    const { method, body } = this.#content;
    const { origin, path } = this.#target;
    this.#token = token;
    this.#wire = new DispatchedRequest(this);
    let sheet: string[];
    try {
      sheet = this.#content.makeHeaders(headers, session(), token);
    } catch (reason) {
      // A token may be no text for a header.
      this.#heed(Promise.reject(HostError.from(reason)));
      return;
    }
    pool.dispatch({ origin, path, method, headers: sheet, body }, this.#wire);
  }

  async #refused(facts: HttpFacts): Promise<void> {
    const words = this.#words?.text ?? '';
    this.#words = undefined;
    const isAgain = this.#follows(facts) || (await this.#isWorthAnother(facts.status));
    if (this.#isDropped) return;
    if (isAgain) {
      this.#wasSent = true;
      this.#facts = undefined;
      this.send();
    } else this.#listener.onrefused(facts, words);
  }

  #follows(facts: HttpFacts): boolean {
    const to = redirectTarget(this.#target.url, facts, this.#content.method);
    if (to === undefined || this.#redirects >= MAX_REDIRECTS) return false;
    this.#redirects += 1;
    this.#target = targetOf(to);
    return true;
  }

  async #isWorthAnother(status: number): Promise<boolean> {
    const credentials = this.#credentials;
    if (credentials === undefined || (status !== 401 && status !== 403)) return false;
    this.#refusals ??= new RefusalsOfOne(credentials);
    const refusal: Refusal = { status, token: this.#token, challenge: this.#challenge };
    return await this.#refusals.isWorthAnother(refusal, this.#dropSignal);
  }

  get #dropSignal(): AbortSignal {
    this.#dropping ??= new AbortController();
    return this.#dropping.signal;
  }

  /** What is waited for rejects when the request is dropped; otherwise it should not. */
  #heed(task: Promise<void>): void {
    task.catch((reason: unknown) => {
      if (this.#isDropped) return;
      const error = reason instanceof Error ? reason : new Error(String(reason));
      this.#listener.onbroken(error, this.#facts);
    });
  }
}

const NO_TOKEN = { token: undefined };

/** The beginning of what a refusal says. */
class Words {
  readonly #parts: Buffer[] = [];
  #bytes = 0;

  /** Returns `false` when no more is wanted. */
  accept(part: Buffer): boolean {
    this.#parts.push(part);
    this.#bytes += part.length;
    return this.#bytes < MAX_ERROR_BYTES;
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8', 0, MAX_ERROR_BYTES);
  }
}
