import { HostError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import type { CallFault } from './call-fault.ts';
import { mediaType, type HttpFacts } from './http-facts.ts';
import { isModern } from './http-headers.ts';
import type { LanePorts } from './http-lane-ports.ts';
import {
  LaneRequest,
  type BodyReader,
  type RequestContent,
  type RequestListener,
} from './http-request.ts';
import { Resumption } from './http-resumption.ts';
import { EventSizes } from './sse-limit.ts';
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

export class PostedCall implements Posted, RequestListener, SseListener {
  readonly id: number;
  readonly #ports: LanePorts;
  readonly #onOver: (call: PostedCall) => void;
  /** Let go of at the end, like the rest: see `Roster`. */
  #post: LaneRequest | undefined;
  /** At the end. */
  #wasSent = false;
  readonly #resumption = new Resumption();
  /** What the answer is waited for on: the POST, or the GET that goes on with its stream; none between them. */
  #request: LaneRequest | undefined;
  #phase: Phase = 'open';
  #isStreaming = false;
  /** Its body came whole: nothing more is waited for. */
  #isWhole = false;
  /** Until it goes on with its stream, or lets go of it. */
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: LanePorts, request: PostedRequest, onOver: (call: PostedCall) => void) {
    this.id = request.id;
    this.#ports = ports;
    this.#onOver = onOver;
    const content: RequestContent = {
      method: 'POST',
      body: request.text,
      makeHeaders: (sheet, facts) => sheet.call(request.tool, facts),
    };
    this.#post = new LaneRequest(ports, content, this);
    this.#request = this.#post;
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
    this.#setTimer(() => {
      this.end();
    }, LINGER_MS);
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
    this.#onOver(this);
  }

  onresponse(facts: HttpFacts): BodyReader {
    const { faults } = this.#ports;
    const type = facts.status === 202 ? undefined : mediaType(facts.contentType);
    if (type === 'text/event-stream') return this.#readEvents();
    if (type === 'application/json') return this.#readWhole(facts);
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
    else if (this.#isStreaming) this.#streamOver();
    else this.fail(faults.unusable(reason, facts));
  }

  onevent(data: string, type: string): void {
    if (type !== 'message' || !this.#isListening) return;
    const messages = messagesIn(data);
    // What is no message may be anything; the answer may still come.
    if (!(messages instanceof Error)) this.#tell(messages);
  }

  onid(id: string): void {
    this.#resumption.lastEventId = id;
  }

  onretry(ms: number): void {
    this.#resumption.retryMs = ms;
  }

  get #isListening(): boolean {
    return this.#phase === 'open' || this.#phase === 'answered';
  }

  #tell(messages: readonly unknown[]): void {
    for (const message of messages) {
      if (this.#isListening) this.#ports.onmessage(message, this.id);
    }
  }

  #readWhole(facts: HttpFacts): BodyReader {
    const { faults, maxMessageBytes } = this.#ports;
    const body = new WholeBody(maxMessageBytes);
    return {
      accept: (chunk) => {
        if (!body.accept(chunk)) this.fail(faults.tooLarge());
      },
      end: () => {
        const messages = messagesIn(body.text());
        if (messages instanceof Error) this.fail(faults.unusable(messages, facts));
        else {
          this.#isWhole = true;
          this.#tell(messages);
          this.#noMoreComes();
        }
      },
    };
  }

  #readEvents(): BodyReader {
    this.#isStreaming = true;
    const { faults, maxMessageBytes } = this.#ports;
    const sizes = new EventSizes(maxMessageBytes);
    const reader = new SseReader(maxMessageBytes, this);
    return {
      accept: (chunk) => {
        if (sizes.accept(chunk)) reader.accept(chunk);
        else this.fail(faults.tooLarge());
      },
      end: () => {
        this.#streamOver();
      },
    };
  }

  #streamOver(): void {
    this.#isStreaming = false;
    this.#request = undefined;
    if (this.#phase === 'open' && this.#resumption.isPossible) this.#resumeLater();
    else this.#noMoreComes();
  }

  #noMoreComes(): void {
    if (this.#phase === 'open') this.fail(this.#ports.faults.streamEnded());
    else this.end();
  }

  #resumeLater(): void {
    this.#setTimer(() => {
      this.#resume();
    }, this.#resumption.delayMs);
  }

  #resume(): void {
    const { faults } = this.#ports;
    const { lastEventId } = this.#resumption;
    const content: RequestContent = {
      method: 'GET',
      body: null,
      makeHeaders: (sheet, facts) => sheet.resumption(lastEventId, facts),
    };
    this.#request = new LaneRequest(this.#ports, content, {
      onresponse: (facts) => {
        if (mediaType(facts.contentType) !== 'text/event-stream') {
          this.fail(faults.streamEnded());
          return NOTHING;
        }
        this.#resumption.succeeded();
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
    if (this.#resumption.failed(status)) this.#resumeLater();
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

const NOTHING: BodyReader = { accept: () => undefined, end: () => undefined };

/** The messages in a text: one, or a batch. */
function messagesIn(text: string): readonly unknown[] | Error {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (reason) {
    return HostError.from(reason, 'protocol');
  }
  const messages: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (messages.every(isMessage)) return messages;
  return new HostError('protocol', 'it is no JSON-RPC message');
}

/** Whether it is meant as a message; what is wrong with it otherwise, the guard tells. */
function isMessage(value: unknown): boolean {
  if (!isJsonObject(value) || value['jsonrpc'] !== '2.0') return false;
  return 'id' in value || 'method' in value || 'error' in value;
}

function isErrorOf(id: number, message: unknown): boolean {
  return isJsonObject(message) && message['id'] === id && message['error'] !== undefined;
}
