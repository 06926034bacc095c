import { openTransport } from './open-transport.ts';
import type { Session, SessionOptions } from './session.ts';

/** Opens a session, not connected yet; see {@link openTransport}. The protocol, and the SDK with it, is loaded while a program starts. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const opening = openTransport(options);
  const [transport, { Session }] = await Promise.all([opening, import('./session.ts')]);
  return new Session(options, transport);
}
