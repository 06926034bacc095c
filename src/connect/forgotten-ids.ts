import type { MessageId } from './message-id.ts';

/** Most ids that are remembered. */
const MAX_IDS = 1_000;

/** Ids of requests that nobody waits for any more: an answer that comes late all the same is nothing unusual. */
export class ForgottenIds {
  readonly #ids = new Set<MessageId>();

  add(id: MessageId): void {
    if (this.#ids.size >= MAX_IDS) this.#ids.clear();
    this.#ids.add(id);
  }

  /** Whether an answer of this id comes late; only the first does. */
  take(id: unknown): boolean {
    return (typeof id === 'number' || typeof id === 'string') && this.#ids.delete(id);
  }
}
