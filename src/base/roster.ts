/** A place in a {@link Roster}; internal to it. Empty once it was given up. */
export interface Place<T extends object> {
  value: T | undefined;
  previous: Place<T> | undefined;
  next: Place<T> | undefined;
}

/**
 * Who is here now, in order of arrival, where many come and go for as long as the process lives.
 *
 * A Set would keep those who left from being collected for long: when its hash table is full of holes it gets a new one, and the old one, which still holds everybody of
 * that moment, leads to the new one (V8's `OrderedHashTable::SetNextTable`). Once one of them has grown old, every later table, and all that was ever in them, lives until
 * the next full collection; with 64 calls in flight this took a third of a call's time. Here whoever leaves leads to nobody. Maps have the same trouble; where values with
 * short lives pass through one that lives long, they let go of everything when they end.
 */
export class Roster<T extends object> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who has been here longest. */
  get first(): Place<T> | undefined {
    return this.#first;
  }

  add(value: T): Place<T> {
    const place: Place<T> = { value, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  /** Gives the place up. Returns whether it was taken until now. */
  remove(place: Place<T>): boolean {
    if (place.value === undefined) return false;
    const { previous, next } = place;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    place.value = undefined;
    place.previous = undefined;
    place.next = undefined;
    this.#size -= 1;
    return true;
  }

  /** As they are now: whoever comes or leaves meanwhile changes nothing. */
  [Symbol.iterator](): Iterator<T> {
    const present: T[] = [];
    for (let place = this.#first; place !== undefined; place = place.next) {
      if (place.value !== undefined) present.push(place.value);
    }
    return present[Symbol.iterator]();
  }
}
