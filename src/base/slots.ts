import { Roster, type Place } from './roster.ts';
import { MAX_TIMER_MS } from './timer.ts';

/**
 * Lets `perSecond` starts through, and up to `burst` at once after a rest: a token bucket. May be shared by several lanes. `Infinity` for both limits nothing,
 * until it is told to rest.
 */
export class TokenBucket {
  readonly perSecond: number;
  readonly burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;
  /** Nothing is let through before; `-Infinity` when it never was told to rest. */
  #restsUntil = -Infinity;

  /** `now` in ms, monotonic: injected where a test must own it. Default `performance.now`. */
  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.perSecond = perSecond;
    this.burst = Math.max(1, burst);
    this.#now = now;
    this.#tokens = this.burst;
    this.#at = now();
  }

  /** Ms until a token is there; 0 when one is. */
  waitMs(): number {
    if (this.#isEndless) return 0;
    this.#refill();
    const tokenMs = this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.perSecond) * 1000);
    return Math.max(tokenMs, Math.ceil(this.#restsUntil - this.#at), 0);
  }

  /** Takes a token; only after `waitMs()` said 0. */
  take(): void {
    if (this.#isEndless) return;
    this.#refill();
    this.#tokens -= 1;
  }

  /** Lets nothing through for so many ms from now, or as long as it was told before, whichever ends later. */
  rest(ms: number): void {
    this.#restsUntil = Math.max(this.#restsUntil, this.#now() + ms);
  }

  /** Then nobody needs to look at a clock. */
  get #isEndless(): boolean {
    return this.perSecond === Infinity && this.#restsUntil === -Infinity;
  }

  #refill(): void {
    const now = this.#now();
    const gained = now > this.#at ? ((now - this.#at) / 1000) * this.perSecond : 0;
    this.#tokens = Math.min(this.burst, this.#tokens + gained);
    this.#at = now;
  }
}

/** A place in a lane's queue. `granted` never rejects; `abandon` gives the place up (after the grant: the slot back). */
export class SlotRequest {
  readonly granted: Promise<void>;
  /** Internal to {@link Lane}, like what follows. */
  place: Place<SlotRequest> | undefined;
  grant: () => void = () => undefined;
  readonly #lane: Lane;

  constructor(lane: Lane) {
    this.#lane = lane;
    this.granted = new Promise((resolve) => {
      this.grant = resolve;
    });
  }

  abandon(): void {
    this.#lane.abandon(this);
  }
}

export interface LaneOptions {
  /** Most slots of this lane in use at once. `Infinity` for no limit. */
  readonly maxInFlight: number;
  /** Default: one of its own, without a limit. */
  readonly bucket?: TokenBucket | undefined;
}

/**
 * Slots shared by many lanes: a host-wide limit, and one for each lane. Invariants:
 *
 * - S1. Within a lane, first come, first served; between lanes that wait for a host-wide slot, turn by turn.
 * - S2. A slot and a token are taken at the same moment, when a request goes: whoever waits holds neither.
 * - S3. A lane that is full or out of tokens holds up no other lane.
 */
export class Slots {
  #free: number;
  readonly #waiting = new Set<Lane>();

  /** `max`: most slots in use at once over all lanes. `Infinity` for no limit. */
  constructor(max: number) {
    this.#free = max;
  }

  lane(options: LaneOptions): Lane {
    return new Lane(this, options);
  }

  /** Internal to {@link Lane}. */
  tryTake(): boolean {
    if (this.#free <= 0) return false;
    this.#free -= 1;
    return true;
  }

  /** Internal to {@link Lane}. */
  giveBack(): void {
    this.#free += 1;
    this.pump();
  }

  /** Internal to {@link Lane}. */
  waits(lane: Lane, waiting: boolean): void {
    if (waiting) this.#waiting.add(lane);
    else this.#waiting.delete(lane);
  }

  /** Internal to {@link Lane}: grants what can be granted. A lane that got one goes to the end, where this same loop meets it again (S1, S3). */
  pump(): void {
    for (const lane of this.#waiting) {
      if (this.#free <= 0) return;
      if (lane.grantNext() && this.#waiting.delete(lane)) this.#waiting.add(lane);
    }
  }
}

/** One server's share of the {@link Slots}. */
export class Lane {
  readonly #slots: Slots;
  readonly #bucket: TokenBucket;
  readonly #queue = new Roster<SlotRequest>();
  #free: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(slots: Slots, options: LaneOptions) {
    this.#slots = slots;
    this.#free = options.maxInFlight;
    this.#bucket = options.bucket ?? new TokenBucket(Infinity, Infinity);
  }

  /** Takes a slot if one is free and nobody waits for it. */
  tryAcquire(): boolean {
    return this.#queue.size === 0 && this.#take();
  }

  /** Whether the next start has to wait for the rate limit rather than for a slot. */
  get rateLimited(): boolean {
    return this.#free > 0 && this.#bucket.waitMs() > 0;
  }

  /** Lets nobody go for so many ms, in every lane that shares the bucket: the server has asked for it. */
  rest(ms: number): void {
    this.#bucket.rest(ms);
  }

  /** Queues for a slot. */
  request(): SlotRequest {
    const request = new SlotRequest(this);
    request.place = this.#queue.add(request);
    this.#slots.waits(this, true);
    this.#slots.pump();
    return request;
  }

  /** Internal to {@link SlotRequest}. */
  abandon({ place }: SlotRequest): void {
    if (place === undefined || !this.#queue.remove(place)) this.release();
    else this.#quiet();
  }

  /** Gives a slot back and wakes whoever is next. */
  release(): void {
    this.#free += 1;
    this.#slots.giveBack();
  }

  /** Internal to {@link Slots}: lets the first in the queue go if it can. */
  grantNext(): boolean {
    const { first } = this.#queue;
    if (first === undefined || !this.#take()) return false;
    const request = first.value;
    this.#queue.remove(first);
    this.#quiet();
    request?.grant();
    return true;
  }

  #take(): boolean {
    if (this.#free <= 0) return false;
    const waitMs = this.#bucket.waitMs();
    if (waitMs > 0) {
      this.#wakeIn(waitMs);
      return false;
    }
    if (!this.#slots.tryTake()) return false;
    this.#bucket.take();
    this.#free -= 1;
    return true;
  }

  /** The bucket refills without telling anybody: look again then. */
  #wakeIn(ms: number): void {
    if (this.#queue.size === 0) return;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#slots.pump();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
  }

  #quiet(): void {
    if (this.#queue.size > 0) return;
    this.#slots.waits(this, false);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
