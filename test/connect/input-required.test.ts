import { expect, test } from 'vitest';
import { linkAbort } from '../../src/base/abort.ts';
import { HostError } from '../../src/base/errors.ts';
import type { AskDesk } from '../../src/connect/ask-desk.ts';
import { CallInFlight } from '../../src/connect/call-in-flight.ts';
import { InputRounds } from '../../src/connect/input-required.ts';
import { life } from '../support/life.ts';

test('a server that only wants to be asked later is not waited for when the session is over', async () => {
  const call = new CallInFlight(life());
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
