import type { HostError } from '../base/errors.ts';
import type { Session } from './session.ts';

/** The sessions that take no new calls, but may still answer some. */
export class Draining {
  readonly #sessions = new Set<Session>();

  /** Lets a session go that has ended. Resolves when the next one may be made. Calls that have a way of their own to their answers are not cut off. */
  letGo(session: Session, reason: HostError): Promise<void> {
    if (!session.isDrainable) return session.close(reason);
    this.#sessions.add(session);
    void session
      .drained()
      .then(() => session.close(reason))
      .then(() => this.#sessions.delete(session));
    return Promise.resolve();
  }

  /** Cuts them off. Never rejects. */
  async close(reason: HostError): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close(reason)));
  }
}
