import { conflict, LockTable, type Claim, type Ticket } from '../../src/base/locks.ts';

interface Place {
  readonly claims: readonly Claim[];
  granted: boolean;
}

/** A lock table that knows who overtook whom. */
export class RecordingLocks extends LockTable {
  /** Grants past somebody who had come earlier, conflicts with it, and still waits: never. Each is one step towards starving. */
  overtakings = 0;
  /** Tickets that had to wait. */
  waited = 0;
  /** In order of arrival. */
  readonly #places = new Set<Place>();

  override reserve(claims: readonly Claim[], rank?: number): Ticket {
    const ticket = super.reserve(claims, rank);
    const place: Place = { claims, granted: false };
    this.#places.add(place);
    const grant = (): void => {
      if (!this.#places.has(place)) return;
      place.granted = true;
      this.#lookBack(place);
    };
    const { granted } = ticket;
    if (granted === undefined) grant();
    else {
      this.waited += 1;
      void granted.then(grant);
    }
    const release = (): void => {
      this.#places.delete(place);
      ticket.release();
    };
    return { granted, release, [Symbol.dispose]: release };
  }

  #lookBack(granted: Place): void {
    for (const earlier of this.#places) {
      if (earlier === granted) return;
      const conflicts = earlier.claims.some((one) =>
        granted.claims.some((two) => conflict(one, two)),
      );
      if (conflicts && !earlier.granted) this.overtakings += 1;
    }
  }
}
