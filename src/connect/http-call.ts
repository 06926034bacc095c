import { HostError } from '../base/errors.ts';
import type { CallFault } from './call-fault.ts';
import { isErrorOf, messagesIn } from './http-answer.ts';
import { mediaType, type HttpFacts } from './http-facts.ts';
import { isModern, type RequestHeaders, type SessionFacts } from './http-headers.ts';
import type { LanePorts } from './http-lane-ports.ts';
import {
  LaneRequest,
  type BodyReader,
  type RequestContent,
  type RequestListener,
} from './http-request.ts';
import { Resumption } from './http-resumption.ts';
import { SseReader, type SseListener } from './sse-reader.ts';
import { WholeBody } from './whole-body.ts';
import type { Posted, PostedRequest } from './wire-transport.ts';

/** How long a response may stay open after its answer, ms; how long the server may take to hear that a call is withdrawn, ms. */
export const LINGER_MS = 1_000;
export const FAREWELL_MS = 1_000;

/**
 * One call over HTTP beside the SDK.
 *
 * - `open`: its answer is waited for
 * - `answered`: its response may still be open
 * - `withdrawn`: the server is being told so; nothing is heard any more
 * - `over`
 */
type Phase = 'open' | 'answered' | 'withdrawn' | 'over';

export class PostedCall
  implements Posted, RequestContent, RequestListener, BodyReader, SseListener
{
  readonly id: number;
  readonly method = 'POST';
  readonly #tool: string;
  readonly #ports: LanePorts;
  readonly #onOver: (call: PostedCall) => void;
  /** Let go of at the end, like the rest: see `Roster`. */
  #text: string | null;
  #post: LaneRequest | undefined;
  /** At the end. */
  #wasSent = false;
  /** Made when the server says how to go on. */
  #resumption: Resumption | undefined;
  /** What the answer is waited for on: the POST, or the GET that goes on with its stream; none between them. */
  #request: LaneRequest | undefined;
  #phase: Phase = 'open';
  /** What is being read. */
  #document: WholeBody | undefined;
  #events: SseReader | undefined;
  /** Its body came whole: nothing more is waited for. */
  #isWhole = false;
  /** Until it goes on with its stream, or lets go of it. */
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: LanePorts, request: PostedRequest, onOver: (call: PostedCall) => void) {
    this.id = request.id;
    this.#text = request.text;
    this.#tool = request.tool;
    this.#ports = ports;
    this.#onOver = onOver;
    this.#post = new LaneRequest(ports, this, this);
    this.#request = this.#post;
  }

  get body(): string | null {
    return this.#text;
  }

  makeHeaders(sheet: RequestHeaders, session: SessionFacts, token: string | undefined): string[] {
    return sheet.call(this.#tool, session, token);
  }

  send(): void {
    this.#post?.send();
  }

  withdraw(reason: string): boolean {
    const wasSent = this.#post?.wasSent ?? this.#wasSent;
    if (this.#phase !== 'open') return wasSent;
    // In the new era the end of the response is the word of it.
    if (!wasSent || isModern(this.#ports.session().protocolVersion)) {
      this.end();
      return wasSent;
    }
    this.#phase = 'withdrawn';
    const end = (): void => {
      this.end();
    };
    this.#setTimer(end, FAREWELL_MS);
    void this.#ports.tellWithdrawn(this.id, reason).then(end, end);
    return true;
  }

  /** Its answer was taken. A server may forget to end its response, or to begin one: it may answer on the stream of another call. */
  settled(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'answered';
    if (this.#isWhole) return;
    // Mostly the response ends with its answer, and that is told next.
    void NOW.then(() => {
      if (this.#phase === 'answered') this.#setTimer(() => this.end(), LINGER_MS);
    });
  }

  fail(fault: CallFault): void {
    const wasOpen = this.#phase === 'open';
    this.end();
    if (wasOpen) this.#ports.onfault(this.id, fault);
  }

  /** Nothing more is heard of it. */
  end(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    clearTimeout(this.#timer);
    this.#wasSent = this.#post?.wasSent === true;
    this.#request?.drop();
    this.#request = undefined;
    this.#post = undefined;
    this.#text = null;
    this.#document = undefined;
    this.#events = undefined;
    this.#onOver(this);
  }

  onresponse(facts: HttpFacts): BodyReader {
    const { faults } = this.#ports;
    const type = facts.status === 202 ? undefined : mediaType(facts.contentType);
    if (type === 'text/event-stream') return this.#readEvents();
    if (type === 'application/json') {
      this.#document = new WholeBody(this.#ports.maxMessageBytes);
      return this;
    }
    // It took the request as if it were no request.
    if (type === undefined) this.fail(faults.streamEnded());
    else {
      const what = facts.contentType === '' ? 'none' : facts.contentType;
      const reason = new HostError('protocol', `Unexpected content type: ${what}`);
      this.fail(faults.unusable(reason, facts));
    }
    return NOTHING;
  }

  onrefused(facts: HttpFacts, body: string): void {
    void this.#refused(facts, body);
  }

  onbroken(reason: Error, facts: HttpFacts | undefined): void {
    const { faults } = this.#ports;
    if (facts === undefined) this.fail(faults.unreached(reason, this.#post?.isSent === true));
    else if (this.#events !== undefined) this.#streamOver();
    else this.fail(faults.unusable(reason, facts));
  }

  onbody(chunk: Buffer): void {
    const isTaken = this.#document?.accept(chunk) ?? this.#events?.accept(chunk);
    if (isTaken === false) this.fail(this.#ports.faults.tooLarge());
  }

  onwhole(facts: HttpFacts): void {
    if (this.#document === undefined) {
      this.#streamOver();
      return;
    }
    const messages = messagesIn(this.#document.text());
    if (messages instanceof Error) this.fail(this.#ports.faults.unusable(messages, facts));
    else {
      this.#isWhole = true;
      this.#tell(messages);
      this.#noMoreComes();
    }
  }

  onevent(data: string, type: string): void {
    if (type !== 'message' || !this.#isListening) return;
    const messages = messagesIn(data);
    // What is no message may be anything; the answer may still come.
    if (!(messages instanceof Error)) this.#tell(messages);
  }

  onid(id: string): void {
    this.#howToResume.lastEventId = id;
  }

  onretry(ms: number): void {
    this.#howToResume.retryMs = ms;
  }

  get #howToResume(): Resumption {
    this.#resumption ??= new Resumption();
    return this.#resumption;
  }

  get #isListening(): boolean {
    return this.#phase === 'open' || this.#phase === 'answered';
  }

  #tell(messages: readonly unknown[]): void {
    for (const message of messages) {
      if (this.#isListening) this.#ports.onmessage(message, this.id);
    }
  }

  #readEvents(): BodyReader {
    this.#events = new SseReader(this.#ports.maxMessageBytes, this);
    return this;
  }

  #streamOver(): void {
    this.#events = undefined;
    this.#request = undefined;
    if (this.#phase === 'open' && this.#resumption?.isPossible === true) this.#resumeLater();
    else this.#noMoreComes();
  }

  #noMoreComes(): void {
    if (this.#phase === 'open') this.fail(this.#ports.faults.streamEnded());
    else this.end();
  }

  #resumeLater(): void {
    this.#setTimer(() => {
      this.#resume();
    }, this.#howToResume.delayMs);
  }

  #resume(): void {
    const { faults } = this.#ports;
    const { lastEventId } = this.#howToResume;
    const content: RequestContent = {
      method: 'GET',
      body: null,
      makeHeaders: (sheet, session, token) => sheet.resumption(lastEventId, session, token),
    };
    this.#request = new LaneRequest(this.#ports, content, {
      onresponse: (facts) => {
        if (mediaType(facts.contentType) !== 'text/event-stream') {
          this.fail(faults.streamEnded());
          return NOTHING;
        }
        this.#howToResume.succeeded();
        return this.#readEvents();
      },
      onrefused: (facts, body) => {
        // It may say that it does not know the session any more.
        if (facts.status < 500) void faults.refused(facts.status, facts, body);
        this.#resumeAgain(facts.status);
      },
      onbroken: (reason, facts) => {
        if (facts !== undefined) this.#streamOver();
        else {
          faults.heed(reason);
          this.#resumeAgain(undefined);
        }
      },
    });
    this.#request.send();
  }

  #resumeAgain(status: number | undefined): void {
    this.#request = undefined;
    if (this.#howToResume.failed(status)) this.#resumeLater();
    else this.#noMoreComes();
  }

  async #refused(facts: HttpFacts, body: string): Promise<void> {
    const { faults, session } = this.#ports;
    // A server of the new era answers with an error in this way, too.
    if (facts.status === 400 && isModern(session().protocolVersion)) {
      const messages = messagesIn(body);
      if (!(messages instanceof Error) && isErrorOf(this.id, messages[0])) this.#tell(messages);
      if (this.#phase !== 'open') {
        this.end();
        return;
      }
    }
    this.fail(await faults.refused(facts.status, facts, body));
  }

  #setTimer(task: () => void, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(task, ms);
  }
}

const NOTHING: BodyReader = { onbody: () => undefined, onwhole: () => undefined };
/** What is chained to it runs in a microtask. */
const NOW = Promise.resolve();
