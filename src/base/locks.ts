import { deferred, type Deferred } from './deferred.ts';

/** One claim on a resource, or on one record of it. */
export interface Claim {
  readonly resource: string;
  /** The record; `undefined` claims the whole resource. Compared as given. */
  readonly value: string | undefined;
  /** Reads share, writes exclude. */
  readonly mode: 'read' | 'write';
}

/** Whether two claims exclude each other: one resource, at least one write, and one record or a whole. */
export function conflict(a: Claim, b: Claim): boolean {
  if (a.resource !== b.resource || (a.mode === 'read' && b.mode === 'read')) return false;
  return a.value === undefined || b.value === undefined || a.value === b.value;
}

/** A place in the queue for all claims of one call. */
export interface Ticket extends Disposable {
  /** `undefined` when the ticket is granted already; else a promise of that moment, which never rejects. */
  readonly granted: Promise<void> | undefined;
  /** Gives the claims back, granted or not, and wakes whoever waited for them. A second time does nothing. */
  release(): void;
}

/**
 * Locks on claims. Invariants (cited below):
 *
 * - L1. A ticket is granted once no unreleased ticket of a lower rank conflicts with it; all of its claims at once, so no deadlock is possible.
 * - L2. It is decided synchronously, in `reserve` and `release`: nothing can slip in between.
 * - L3. A granted ticket stays granted until it is released, whatever is inserted before it.
 *
 * With rising ranks this is first come, first served, and nobody starves: a reader that comes after a waiting writer waits behind it.
 *
 * A claim on a record is also an intention on its resource, so that two claims conflict exactly where they meet in one {@link Place} with modes that
 * exclude each other. (Gray, Lorie, Putzolu, Traiger: "Granularity of Locks in a Shared Data Base", 1975.) Time and memory are linear in the claims,
 * however many of them conflict.
 */
export class LockTable {
  readonly #resources = new Map<string, Resource>();
  #lastRank = -1;
  #reserved = 0;
  #lastNumber = 0;

  /** Tickets reserved and not yet released, for leak checks. */
  get size(): number {
    return this.#reserved;
  }

  /**
   * Takes a place in the queue. `rank` is the place in the order, default: behind everybody; among equals, who came first. A lower rank inserts the
   * ticket there: what waits behind it then waits for it, too; what is granted already is not held up, and does not hold it up (L3).
   */
  reserve(claims: readonly Claim[], rank: number = this.#lastRank + 1): Ticket {
    this.#lastRank = Math.max(this.#lastRank, rank);
    this.#reserved += 1;
    this.#lastNumber += 1;
    const ticket = new ClaimTicket(this, rank, this.#lastNumber);
    for (const claim of claims) {
      const resource = this.#resource(claim.resource);
      if (claim.value === undefined) {
        ticket.join(resource.whole, claim.mode, claim);
        continue;
      }
      const record = resource.records.get(claim.value) ?? new Place();
      resource.records.set(claim.value, record);
      ticket.join(resource.whole, claim.mode === 'read' ? 'intend-read' : 'intend-write', claim);
      ticket.join(record, claim.mode, claim);
    }
    return ticket;
  }

  #resource(name: string): Resource {
    let resource = this.#resources.get(name);
    if (resource === undefined) {
      resource = { whole: new Place(), records: new Map() };
      this.#resources.set(name, resource);
    }
    return resource;
  }

  /** Internal to {@link Ticket}. */
  leave(last: Request | undefined): void {
    this.#reserved -= 1;
    for (let request = last; request !== undefined; request = request.sibling) {
      request.place.remove(request);
      const { resource: name, value } = request.claim;
      const resource = this.#resources.get(name);
      if (resource === undefined) continue;
      if (value !== undefined && resource.records.get(value)?.empty === true)
        resource.records.delete(value);
      if (resource.whole.empty && resource.records.size === 0) this.#resources.delete(name);
    }
  }
}

interface Resource {
  readonly whole: Place;
  readonly records: Map<string, Place>;
}

type Mode = 'intend-read' | 'intend-write' | 'read' | 'write';

/** Which modes exclude each other in one place. Symmetric. */
const EXCLUDES: Readonly<Record<Mode, readonly Mode[]>> = {
  'intend-read': ['write'],
  'intend-write': ['read', 'write'],
  read: ['intend-write', 'write'],
  write: ['intend-read', 'intend-write', 'read', 'write'],
};

/** One ticket's wish in one place; part of the line of its mode. */
class Request {
  readonly ticket: ClaimTicket;
  readonly place: Place;
  readonly mode: Mode;
  readonly claim: Claim;
  /** Nothing before it in this place excludes it. */
  clear = true;
  previous: Request | undefined;
  next: Request | undefined;
  /** Another one of the same ticket. */
  sibling: Request | undefined;

  // One object for each claim of every call: built without an object of options.
  // oxlint-disable-next-line max-params
  constructor(ticket: ClaimTicket, place: Place, mode: Mode, claim: Claim) {
    this.ticket = ticket;
    this.place = place;
    this.mode = mode;
    this.claim = claim;
  }
}

/** The requests of one mode in one place, in order of rank. */
interface Line {
  first: Request | undefined;
  last: Request | undefined;
  /** No request before this one waits. */
  waiting: Request | undefined;
}

/**
 * A resource, or a record of one, and who wants it. Whatever stands before a request in its line is clear if the request is, so that a pointer finds whom
 * to wake; only an insertion leaves clear requests behind the pointer, which passes over them.
 */
class Place {
  /** Made when somebody stands in it: in most places there is one line only. */
  readonly #lines: Record<Mode, Line | undefined> = {
    'intend-read': undefined,
    'intend-write': undefined,
    read: undefined,
    write: undefined,
  };
  #size = 0;

  get empty(): boolean {
    return this.#size === 0;
  }

  add(request: Request): void {
    const line = this.#line(request.mode);
    let previous = line.last;
    while (previous !== undefined && request.ticket.precedes(previous.ticket)) {
      previous = previous.previous;
    }
    request.previous = previous;
    request.next = previous === undefined ? line.first : previous.next;
    if (request.next === undefined) line.last = request;
    else request.next.previous = request;
    if (previous === undefined) line.first = request;
    else previous.next = request;
    this.#size += 1;
    if (this.#isExcluded(request)) this.#suspend(request);
    this.#suspendBehind(request);
  }

  remove(request: Request): void {
    const line = this.#line(request.mode);
    if (line.waiting === request) line.waiting = request.next;
    if (request.previous === undefined) line.first = request.next;
    else request.previous.next = request.next;
    if (request.next === undefined) line.last = request.previous;
    else request.next.previous = request.previous;
    // What has left must not lead to what comes after it: each of a line of dead requests, once it is old, would keep the next one from being collected young, and with it its call.
    request.previous = undefined;
    request.next = undefined;
    this.#size -= 1;
    for (const mode of EXCLUDES[request.mode]) this.#wake(mode);
  }

  #line(mode: Mode): Line {
    return (this.#lines[mode] ??= { first: undefined, last: undefined, waiting: undefined });
  }

  /** L1, in this place: the first of a line stands for all of it. */
  #isExcluded(request: Request): boolean {
    for (const mode of EXCLUDES[request.mode]) {
      if (this.#lines[mode]?.first?.ticket.precedes(request.ticket) === true) return true;
    }
    return false;
  }

  #suspend(request: Request): void {
    request.clear = false;
    request.ticket.waitingFor += 1;
    const line = this.#line(request.mode);
    if (line.waiting === undefined || request.ticket.precedes(line.waiting.ticket)) {
      line.waiting = request;
    }
  }

  /** L1 for an insertion: whoever stands behind it and is not granted waits for it, too (L3). After an append nobody does. */
  #suspendBehind(request: Request): void {
    for (const mode of EXCLUDES[request.mode]) {
      let behind = this.#lines[mode]?.last;
      while (behind !== undefined && request.ticket.precedes(behind.ticket)) {
        if (behind.clear && behind.ticket.waitingFor > 0) this.#suspend(behind);
        behind = behind.previous;
      }
    }
  }

  #wake(mode: Mode): void {
    const line = this.#lines[mode];
    if (line === undefined) return;
    while (line.waiting !== undefined) {
      const { waiting } = line;
      if (!waiting.clear) {
        if (this.#isExcluded(waiting)) return;
        waiting.clear = true;
        waiting.ticket.cleared();
      }
      line.waiting = waiting.next;
    }
  }
}

class ClaimTicket implements Ticket {
  /** Requests that are not clear: with none, the ticket is granted (L1, L2). */
  waitingFor = 0;
  readonly #table: LockTable;
  readonly #rank: number;
  /** Between equal ranks, who came first. */
  readonly #number: number;
  /** The last of its requests: most tickets have one, and need no array (70 bytes a call). */
  #request: Request | undefined;
  #waiter: Deferred<void> | undefined;
  #released = false;

  constructor(table: LockTable, rank: number, number: number) {
    this.#table = table;
    this.#rank = rank;
    this.#number = number;
  }

  get granted(): Promise<void> | undefined {
    if (this.waitingFor === 0) return undefined;
    this.#waiter ??= deferred();
    return this.#waiter.promise;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#table.leave(this.#request);
    this.#request = undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }

  precedes(other: ClaimTicket): boolean {
    return this.#rank === other.#rank ? this.#number < other.#number : this.#rank < other.#rank;
  }

  /** Asks for a place; two claims may well ask for one. */
  join(place: Place, mode: Mode, claim: Claim): void {
    for (let own = this.#request; own !== undefined; own = own.sibling) {
      if (own.place === place && own.mode === mode) return;
    }
    const request = new Request(this, place, mode, claim);
    request.sibling = this.#request;
    this.#request = request;
    place.add(request);
  }

  /** One more request is clear. */
  cleared(): void {
    this.waitingFor -= 1;
    if (this.waitingFor === 0) this.#waiter?.resolve();
  }
}
