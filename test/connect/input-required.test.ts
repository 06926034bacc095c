import { expect, test } from 'vitest';
import { linkAbort } from '../../src/base/abort.ts';
import { HostError } from '../../src/base/errors.ts';
import { callId, exposedName } from '../../src/call/names.ts';
import type { AskDesk } from '../../src/connect/ask-desk.ts';
import { CallInFlight } from '../../src/connect/call-in-flight.ts';
import { InputRounds } from '../../src/connect/input-required.ts';

test('a server that only wants to be asked later is not waited for when the session is over', async () => {
  const call = new CallInFlight(() => ({
    id: callId('1'),
    name: exposedName('x'),
    pauseClocks: () => () => undefined,
  }));
  // The tenth round: two minutes.
  call.rounds = 9;
  const over = linkAbort(undefined);
  const rounds = new InputRounds({
    server: 'x',
    desk: {} as AskDesk,
    call,
    signal: new AbortController().signal,
    over: over.signal,
  });
  const next = rounds.next({ resultType: 'input_required', requestState: 's' });
  over.abort(new HostError('connection-lost', 'it went away'));
  await expect(next).rejects.toThrow('it went away');
});
