import type { JsonObject } from '../base/json.ts';
import type { MessageId } from './message-id.ts';

/** Most requests of one server that wait for an answer, or for its leaving. */
const MAX_OPEN = 1_000;

/** The requests of a server that the SDK answers by itself (`ping`, and whatever is not known). A server that asks and does not read must not fill our memory with answers. */
export class OpenRequests {
  readonly #ids = new Set<MessageId>();

  /** Whether one more message of the server may be taken; notifications always may. */
  take(message: JsonObject): boolean {
    const { id } = message;
    if (typeof id !== 'string' && typeof id !== 'number') return true;
    if (this.#ids.size >= MAX_OPEN) return false;
    this.#ids.add(id);
    return true;
  }

  /** The answer has left, or there will be none. */
  end(id: unknown): void {
    if (typeof id === 'string' || typeof id === 'number') this.#ids.delete(id);
  }
}
