import type { HostError } from '../base/errors.ts';
import type { Attempt, State } from './connection-state.ts';

/** Gives back all that a state of a connection owns, which is left for good. Resolves when it is gone; never rejects. */
export async function leaveState(state: State, reason: HostError): Promise<void> {
  switch (state.kind) {
    case 'idle':
      return;
    case 'connecting':
      await endAttempt(state.attempt, reason);
      return;
    case 'ready':
      state.relisting[Symbol.dispose]();
      await state.session.close(reason);
      return;
    case 'backing-off':
    case 'failed': {
      // Whoever waits finds the state that comes after.
      if (state.kind === 'backing-off') state.outage[Symbol.dispose]();
      const { next, setback } = state;
      if (next?.kind === 'timer') clearTimeout(next.timer);
      else if (next !== undefined) await endAttempt(next.attempt, reason);
      await setback.gone;
      return;
    }
    case 'closed':
      await state.gone;
  }
}

async function endAttempt(attempt: Attempt, reason: HostError): Promise<void> {
  attempt.relisting[Symbol.dispose]();
  attempt.launch.abort(reason);
  await attempt.settled.promise;
  await attempt.launch.gone;
}
