import { buildConnector, Client, Dispatcher } from 'undici';

/** So many connections to one origin are opened as soon as requests find none free. */
const SOFT_CAP = 64;
/** So many take turns where requests go one after another: a connection rests for a turn of the loop after each answer. */
const TAKING_TURNS = 2;
/** How often those that wait are looked at, ms: nobody gets a connection over the cap sooner. */
const LOOK_MS = 5;
/** How long a request waits where connections come free, ms. */
const PATIENCE_MS = 25;
/** How long an idle connection is kept where the server does not say, ms. */
const KEEP_MS = 30_000;

type Options = Dispatcher.DispatchOptions;
type Handler = Dispatcher.DispatchHandler;

interface Waiting {
  readonly options: Options;
  readonly handler: Handler;
}

/** One connection: opened by its first request. */
interface Line {
  readonly client: Client;
  isOpen: boolean;
  isBusy: boolean;
  /** Requests it was used for. */
  uses: number;
}

/** The connections of one transport, to whatever origin. A request takes as long as it takes: time is the caller's business. */
export function openPool(): Dispatcher {
  const connect = buildConnector({});
  const settings = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: KEEP_MS, connect };
  return new Pools(settings);
}

/** A pool for each origin. */
class Pools extends Dispatcher {
  readonly #settings: Client.Options;
  readonly #byOrigin = new Map<string, SoftPool>();
  #ended: Promise<void> | undefined;

  constructor(settings: Client.Options) {
    super();
    this.#settings = settings;
  }

  override dispatch(options: Options, handler: Handler): boolean {
    const origin = String(options.origin);
    return (this.#byOrigin.get(origin) ?? this.#open(origin)).dispatch(options, handler);
  }

  override close(): Promise<void> {
    return this.destroy();
  }

  override destroy(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  #open(origin: string): SoftPool {
    const pool = new SoftPool(origin, this.#settings);
    this.#byOrigin.set(origin, pool);
    if (this.#ended !== undefined) void pool.destroy();
    return pool;
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#byOrigin.values()].map((pool) => pool.destroy()));
  }
}

/**
 * Connections to one origin, with one request at a time on each. undici's own pools know two ways: a hard cap, by which slow calls run in rounds; or a new
 * connection for each request that finds none free at that very moment, which is twice as many as there are requests at once: those whose answers have just come are not free
 * yet. Here a request waits for the end of this turn of the loop, when they are; and over the cap for a moment longer: as long as connections come free fast enough
 * for all that wait, they suffice.
 */
class SoftPool extends Dispatcher {
  readonly #origin: string | URL;
  readonly #settings: Client.Options;
  readonly #lines = new Set<Line>();
  /** The last to come free is the first to be used: those that are not needed any more grow old, and are closed. */
  readonly #free: Line[] = [];
  #waiting: Waiting[] = [];
  /** Look after those that wait, while there are any: at the end of this turn, and then from time to time. */
  #turn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Since `#lookedAt` (monotonic, ms) so many connections came free. */
  #freed = 0;
  #lookedAt = 0;
  #wasLate = false;
  #ended: Promise<void> | undefined;

  constructor(origin: string | URL, settings: Client.Options) {
    super();
    this.#origin = origin;
    this.#settings = settings;
  }

  override dispatch(options: Options, handler: Handler): boolean {
    if (this.#ended !== undefined) {
      this.#refuse([{ options, handler }]);
      return true;
    }
    const line = this.#free.pop() ?? (this.#lines.size < TAKING_TURNS ? this.#open() : undefined);
    if (line !== undefined) this.#use(line, options, handler);
    else {
      this.#waiting.push({ options, handler });
      this.#turn ??= setImmediate(this.#atTurn);
    }
    return true;
  }

  /** The same as `destroy`: whoever closes a transport does not wait for its requests. */
  override close(): Promise<void> {
    return this.destroy();
  }

  override destroy(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    clearImmediate(this.#turn);
    clearTimeout(this.#timer);
    const ends = [...this.#lines].map(({ client }) => client.destroy());
    this.#refuse(this.#waiting.splice(0));
    await Promise.all(ends);
  }

  /** A client that is destroyed tells each handler so in its own way. */
  #refuse(requests: readonly Waiting[]): void {
    if (requests.length === 0) return;
    const client = new Client(this.#origin, this.#settings);
    void client.destroy();
    for (const { options, handler } of requests) client.dispatch(options, handler);
  }

  #open(): Line {
    const client = new Client(this.#origin, this.#settings);
    const line: Line = { client, isOpen: false, isBusy: false, uses: 0 };
    this.#lines.add(line);
    client.on('connect', () => {
      line.isOpen = true;
    });
    client.on('disconnect', () => {
      line.isOpen = false;
      if (!line.isBusy) this.#discard(line);
    });
    client.on('drain', () => {
      this.#release(line);
    });
    return line;
  }

  #use(line: Line, options: Options, handler: Handler): void {
    line.isBusy = true;
    line.uses += 1;
    line.client.dispatch(options, handler);
    // Refused as it is, or dropped before it was sent: it may be that nothing drains.
    if (line.client.stats.size > 0) return;
    const { uses } = line;
    setImmediate(() => {
      if (line.uses === uses) this.#release(line);
    });
  }

  #release(line: Line): void {
    if (!line.isBusy || this.#ended !== undefined) return;
    line.isBusy = false;
    this.#freed += 1;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#use(line, next.options, next.handler);
    else if (line.isOpen) this.#free.push(line);
    else this.#discard(line);
  }

  #discard(line: Line): void {
    this.#lines.delete(line);
    const index = this.#free.indexOf(line);
    if (index !== -1) this.#free.splice(index, 1);
  }

  /** What has come free in this turn is in use again. */
  readonly #atTurn = (): void => {
    this.#turn = undefined;
    while (this.#waiting.length > 0 && this.#lines.size < SOFT_CAP) this.#openForNext();
    if (this.#waiting.length > 0 && this.#timer === undefined) this.#watch();
  };

  #openForNext(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#use(this.#open(), next.options, next.handler);
  }

  #watch(): void {
    this.#freed = 0;
    this.#lookedAt = performance.now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, LOOK_MS);
  }

  /** Opens connections for those that would wait too long at the pace at which connections come free. */
  #look(): void {
    const elapsedMs = performance.now() - this.#lookedAt;
    // This process, or the machine, had other things to do: that says nothing about the server.
    const isLate = elapsedMs > 2 * LOOK_MS && !this.#wasLate;
    this.#wasLate = isLate;
    if (isLate) {
      this.#watch();
      return;
    }
    const patient = Math.floor((this.#freed * PATIENCE_MS) / elapsedMs);
    while (this.#waiting.length > patient) this.#openForNext();
    if (this.#waiting.length > 0) this.#watch();
  }
}
