import { Dispatcher } from 'undici';
import { serverId } from '../call/names.ts';
import { HttpFaults } from './http-faults.ts';
import { RequestHeaders } from './http-headers.ts';
import { targetOf } from './http-lane-ports.ts';
import { HttpLane } from './http-lane.ts';

/** A call over HTTP whose answer has begun, and never ends: what `host/standing-call.ts` needs of the lane over HTTP. Nothing is sent anywhere. */
export function standHttpCall(): HttpLane {
  const maxMessageBytes = 1_024;
  const nothing = (): void => undefined;
  const lane = new HttpLane({
    target: targetOf(new URL('http://standing.invalid/')),
    pool: new Standstill(),
    maxMessageBytes,
    headers: new RequestHeaders({}),
    session: () => ({ sessionId: '', protocolVersion: '' }),
    credentials: undefined,
    faults: new HttpFaults({
      server: serverId('standing'),
      maxMessageBytes,
      authorization: undefined,
      hasSession: () => true,
      isForgotten: () => Promise.resolve(false),
      onLost: nothing,
    }),
    onmessage: nothing,
    onfault: nothing,
    tellWithdrawn: () => Promise.resolve(),
  });
  lane.post({ id: 1, text: '{}', tool: '' });
  return lane;
}

/** Has one answer: the head, and half a body. */
class Standstill extends Dispatcher {
  override dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    handler.onConnect?.(() => undefined);
    const headers = ['content-type', 'application/json'].map((text) => Buffer.from(text));
    handler.onHeaders?.(200, headers, () => undefined, '');
    handler.onData?.(Buffer.from('{'));
    return true;
  }
}
