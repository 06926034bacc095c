import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conflict, LockTable, type Claim, type Ticket } from '../../src/base/locks.ts';
import { turn } from '../support/turn.ts';

const write = (resource: string, value?: string): Claim => ({ resource, value, mode: 'write' });
const read = (resource: string, value?: string): Claim => ({ resource, value, mode: 'read' });

function isGranted(ticket: Ticket): boolean {
  return ticket.granted === undefined;
}

describe('conflict', () => {
  test.each([
    [read('r'), read('r'), false],
    [read('r'), write('r'), true],
    [write('r'), write('r'), true],
    [write('r'), write('s'), false],
    [write('r', 'a'), write('r', 'b'), false],
    [write('r', 'a'), write('r', 'a'), true],
    [read('r', 'a'), read('r', 'a'), false],
    [read('r', 'a'), write('r', 'a'), true],
    [read('r'), write('r', 'a'), true],
    [write('r'), read('r', 'a'), true],
    [read('r'), read('r', 'a'), false],
    // An empty value is a value: only `undefined` is the whole.
    [write('r', ''), write('r', 'a'), false],
  ])('%j and %j: %s, both ways round', (a, b, expected) => {
    expect(conflict(a, b)).toBe(expected);
    expect(conflict(b, a)).toBe(expected);
  });
});

describe('a lock table', () => {
  test('grants at once what nobody holds, and reads together', () => {
    const locks = new LockTable();
    expect(isGranted(locks.reserve([read('r')]))).toBe(true);
    expect(isGranted(locks.reserve([read('r')]))).toBe(true);
    expect(isGranted(locks.reserve([write('s')]))).toBe(true);
  });

  test('lets no reader overtake a waiting writer, so that no writer starves', async () => {
    const locks = new LockTable();
    const first = locks.reserve([read('r')]);
    const writer = locks.reserve([write('r')]);
    const late = locks.reserve([read('r')]);
    const order: string[] = [];
    void writer.granted?.then(() => order.push('writer'));
    void late.granted?.then(() => order.push('late'));
    first.release();
    await turn();
    expect(order).toEqual(['writer']);
    writer.release();
    await turn();
    expect(order).toEqual(['writer', 'late']);
  });

  test('a ticket that is released before its grant holds nobody up', () => {
    const locks = new LockTable();
    const holder = locks.reserve([write('r')]);
    const waiting = locks.reserve([write('r')]);
    const behind = locks.reserve([write('r')]);
    waiting.release();
    expect(isGranted(behind)).toBe(false);
    holder.release();
    expect(isGranted(behind)).toBe(true);
  });

  test('a second release does nothing', () => {
    const locks = new LockTable();
    const first = locks.reserve([write('r')]);
    const second = locks.reserve([write('r')]);
    const third = locks.reserve([write('r')]);
    first.release();
    first.release();
    first[Symbol.dispose]();
    expect(isGranted(second)).toBe(true);
    expect(isGranted(third)).toBe(false);
    expect(locks.size).toBe(2);
  });

  test('takes all claims of a ticket at once, so that opposite orders cannot deadlock', () => {
    const locks = new LockTable();
    const a = locks.reserve([write('r'), write('s')]);
    const b = locks.reserve([write('s'), write('r')]);
    expect(isGranted(a)).toBe(true);
    expect(isGranted(b)).toBe(false);
    a.release();
    expect(isGranted(b)).toBe(true);
  });

  test('claims of one ticket on one record do not wait for each other', () => {
    const locks = new LockTable();
    const ticket = locks.reserve([write('r', 'a'), read('r', 'a'), write('r'), write('r', 'a')]);
    expect(isGranted(ticket)).toBe(true);
    const next = locks.reserve([read('r', 'a')]);
    expect(isGranted(next)).toBe(false);
    ticket.release();
    expect(isGranted(next)).toBe(true);
  });

  test('what is inserted goes before what waits, also where that was clear already', () => {
    const locks = new LockTable();
    const whole = locks.reserve([write('r')], 0);
    const later = locks.reserve([write('r', 'a')], 2);
    const inserted = locks.reserve([write('r', 'a')], 1);
    whole.release();
    expect(isGranted(inserted)).toBe(true);
    expect(isGranted(later)).toBe(false);
    inserted.release();
    expect(isGranted(later)).toBe(true);
  });

  test('what is granted stays granted whatever is inserted before it', () => {
    const locks = new LockTable();
    const granted = locks.reserve([write('r')], 5);
    const inserted = locks.reserve([write('r')], 1);
    expect(isGranted(granted)).toBe(true);
    expect(isGranted(inserted)).toBe(true);
  });

  test('names of object properties are names like any others', () => {
    const locks = new LockTable();
    const first = locks.reserve([write('__proto__', 'constructor')]);
    const second = locks.reserve([write('__proto__', 'constructor')]);
    expect(isGranted(second)).toBe(false);
    first.release();
    expect(isGranted(second)).toBe(true);
  });

  // With an edge for each conflicting pair this takes minutes and gigabytes.
  test('time and memory are linear in the claims, however many of them conflict', () => {
    const locks = new LockTable();
    const tickets: Ticket[] = [];
    for (let index = 0; index < 40_000; index += 1) {
      const kind = Math.floor(index / 10_000);
      if (kind === 0) tickets.push(locks.reserve([write('r', String(index))]));
      if (kind === 1) tickets.push(locks.reserve([read('r')]));
      if (kind === 2) tickets.push(locks.reserve([write('r')]));
      if (kind === 3) tickets.push(locks.reserve([write('r', 'a'), read('r', String(index))]));
    }
    let granted = 0;
    for (const ticket of tickets) {
      if (isGranted(ticket)) granted += 1;
      ticket.release();
    }
    expect(granted).toBe(tickets.length);
    expect(locks.size).toBe(0);
  });
});

// Against a naive model

interface ModelTicket {
  readonly claims: readonly Claim[];
  readonly rank: number;
  readonly number: number;
  granted: boolean;
}

/** L1–L3 word by word, at quadratic cost. */
class Model {
  readonly live = new Set<ModelTicket>();
  #lastRank = -1;
  #lastNumber = 0;

  reserve(claims: readonly Claim[], rank: number = this.#lastRank + 1): ModelTicket {
    this.#lastRank = Math.max(this.#lastRank, rank);
    const ticket = { claims, rank, number: (this.#lastNumber += 1), granted: false };
    this.live.add(ticket);
    this.#grant();
    return ticket;
  }

  release(ticket: ModelTicket): void {
    this.live.delete(ticket);
    this.#grant();
  }

  #grant(): void {
    for (const ticket of this.live) {
      ticket.granted ||= ![...this.live].some(
        (other) =>
          (other.rank < ticket.rank ||
            (other.rank === ticket.rank && other.number < ticket.number)) &&
          other.claims.some((one) => ticket.claims.some((two) => conflict(one, two))),
      );
    }
  }
}

const claim: fc.Arbitrary<Claim> = fc.record({
  resource: fc.constantFrom('r', 's'),
  value: fc.constantFrom(undefined, undefined, 'a', 'b'),
  mode: fc.constantFrom('read' as const, 'write' as const),
});

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      claims: fc.array(claim, { maxLength: 3 }),
      rank: fc.option(fc.nat(30), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat() }) },
);

test('grants exactly what L1 to L3 say, synchronously, and wakes everybody who waits', async () => {
  let contended = 0;
  let inserted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const locks = new LockTable();
      const model = new Model();
      const live: { ticket: Ticket; expected: ModelTicket; woken: boolean }[] = [];
      const check = (): void => {
        for (const { ticket, expected } of live) expect(isGranted(ticket)).toBe(expected.granted);
        expect(locks.size).toBe(live.length);
      };
      const release = (index: number): void => {
        const [entry] = live.splice(index, 1);
        if (entry === undefined) return;
        entry.ticket.release();
        model.release(entry.expected);
        check();
      };
      for (const next of steps) {
        if (next.kind === 'release') {
          if (live.length > 0) release(next.which % live.length);
          continue;
        }
        const ticket = locks.reserve(next.claims, next.rank);
        const expected = model.reserve(next.claims, next.rank);
        const entry = { ticket, expected, woken: expected.granted };
        void ticket.granted?.then(() => (entry.woken = true));
        if (!expected.granted) contended += 1;
        if (next.rank !== undefined) inserted += 1;
        live.push(entry);
        check();
      }
      // L2: who was granted was told, and nobody else.
      await turn();
      for (const { expected, woken } of live) expect(woken).toBe(expected.granted);
      while (live.length > 0) {
        // The lowest standing is always granted: nobody waits for ever.
        const lowest = live.reduce((best, entry) =>
          entry.expected.rank < best.expected.rank ||
          (entry.expected.rank === best.expected.rank &&
            entry.expected.number < best.expected.number)
            ? entry
            : best,
        );
        expect(isGranted(lowest.ticket)).toBe(true);
        await lowest.ticket.granted;
        release(live.indexOf(lowest));
      }
    }),
    { numRuns: 2_000 },
  );
  // Not vacuous: many of the tickets had to wait, and many were inserted.
  expect(contended).toBeGreaterThan(500);
  expect(inserted).toBeGreaterThan(500);
});

test('a promise of the grant that was handed out before is kept, through insertions and releases', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ claims: fc.array(claim, { minLength: 1, maxLength: 3 }), rank: fc.nat(10) }),
        {
          minLength: 2,
          maxLength: 20,
        },
      ),
      fc.infiniteStream(fc.nat()),
      async (wishes, choices) => {
        const locks = new LockTable();
        const running = new Set<Ticket>();
        let ended = 0;
        for (const { claims, rank } of wishes) {
          const ticket = locks.reserve(claims, rank);
          const { granted } = ticket;
          if (granted === undefined) running.add(ticket);
          else void granted.then(() => running.add(ticket));
        }
        // Only who was told of the grant releases: a lost wake-up ends this loop early.
        for (;;) {
          await turn();
          const ready = [...running];
          const chosen = ready[(choices.next().value ?? 0) % Math.max(1, ready.length)];
          if (chosen === undefined) break;
          running.delete(chosen);
          chosen.release();
          ended += 1;
        }
        expect(ended).toBe(wishes.length);
        expect(locks.size).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
