/** Receives events. What it throws is reported to `onListenerError` and goes no further. */
export type Listener<Event> = (event: Event) => void;

/**
 * Hands events to listeners, in order of subscription. A listener cannot break the flow: what it throws goes to `onListenerError`.
 * With nobody listening, {@link Emitter.active} is false, so that a caller need not build the event.
 */
export class Emitter<Event> {
  readonly #listeners = new Set<Listener<Event>>();
  readonly #onListenerError: (reason: unknown) => void;

  /** `onListenerError` default: rethrown as an uncaught exception outside the flow, so that a defect in a listener is never swallowed. */
  constructor(onListenerError: (reason: unknown) => void = throwLater) {
    this.#onListenerError = onListenerError;
  }

  get active(): boolean {
    return this.#listeners.size > 0;
  }

  /** Subscribes; returns the function that unsubscribes. */
  on(listener: Listener<Event>): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (reason) {
        this.#onListenerError(reason);
      }
    }
  }
}

function throwLater(reason: unknown): void {
  queueMicrotask(() => {
    throw reason;
  });
}
