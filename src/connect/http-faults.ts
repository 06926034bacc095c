import { describe, HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import { CallFault } from './call-fault.ts';
import type { HttpFacts } from './http-facts.ts';
import { statusFault } from './http-status.ts';
import { isBrokenConnection, isNeverConnected, networkWords } from './network-error.ts';
import type { Authorization } from './oauth/authorization.ts';
import { authorizationFault } from './oauth/problem.ts';

export interface HttpFaultsOptions {
  readonly server: ServerId;
  readonly maxMessageBytes: number;
  /** Absent where OAuth is not used. */
  readonly authorization: Pick<Authorization, 'problem'> | undefined;
  /** Whether requests name a session now. */
  readonly hasSession: () => boolean;
  /** Asks the server, which has answered 400, whether it has forgotten the session. */
  readonly isForgotten: () => Promise<boolean>;
  /** The whole connection is gone, not only the one request. */
  readonly onLost: (reason: HostError) => void;
}

/** What went wrong with one request over HTTP: the same words and the same verdict whichever way it took. */
export class HttpFaults {
  readonly #options: HttpFaultsOptions;

  constructor(options: HttpFaultsOptions) {
    this.#options = options;
  }

  tooLarge(): CallFault {
    const { server, maxMessageBytes } = this.#options;
    const text = `server "${server}" sent an answer of more than ${maxMessageBytes} bytes (limits.maxMessageBytes)`;
    return new CallFault('too-large', text, { ran: 'yes' });
  }

  streamEnded(): CallFault {
    const text = `server "${this.#options.server}" ended its response without an answer; the call may have run`;
    return new CallFault('stream-ended', text, { ran: 'unknown' });
  }

  closed(): CallFault {
    const text = `the connection to server "${this.#options.server}" is closed; nothing was sent`;
    return new CallFault('not-connected', text, { ran: 'no' });
  }

  /** The server answered with a status that is no success; `body` as far as it was read. */
  async refused(
    status: number,
    facts: Pick<HttpFacts, 'location' | 'retryAfterMs'> | undefined,
    body: string,
  ): Promise<CallFault> {
    const { server, authorization, isForgotten, onLost } = this.#options;
    const problem = authorization?.problem;
    if (problem !== undefined && (status === 401 || status === 403)) {
      return authorizationFault(problem);
    }
    const hasSession = this.#options.hasSession();
    const isLost = status === 400 && hasSession && (await isForgotten());
    const fault = statusFault(server, {
      // What the protocol asks a server to say of a session that it does not know.
      status: isLost ? 404 : status,
      body,
      retryAfterMs: facts?.retryAfterMs,
      location: facts?.location,
      hasSession,
    });
    if (fault.fault === 'session-lost') onLost(fault);
    return fault;
  }

  /** Nothing was answered. `isSent`: whether anything of the request can have left. */
  unreached(reason: unknown, isSent: boolean): CallFault {
    this.heed(reason);
    const text = `server "${this.#options.server}" could not be reached: ${networkWords(reason)}`;
    const ran = isNeverConnected(reason) || !isSent ? 'no' : 'unknown';
    return new CallFault('connection-lost', text, { ran, cause: reason });
  }

  /** A request that could not be sent may be news of the whole connection. */
  heed(reason: unknown): void {
    if (!isNeverConnected(reason)) return;
    const text = `server "${this.#options.server}" could not be reached: ${networkWords(reason)}`;
    this.#options.onLost(new HostError('connection-lost', text, { cause: reason }));
  }

  /** An answer was begun, and broke off, or could not be used. */
  unusable(reason: unknown, { status }: Pick<HttpFacts, 'status'>): CallFault {
    const { server } = this.#options;
    if (isBrokenConnection(reason)) {
      const text = `server "${server}" broke off in the middle of its answer: ${networkWords(reason)}`;
      return new CallFault('connection-lost', text, { ran: 'unknown', cause: reason });
    }
    const text = `server "${server}" answered with HTTP ${status} and a body that could not be used: ${visibleLine(describe(reason))}`;
    return new CallFault('invalid-reply', text, { ran: 'unknown', cause: reason });
  }
}
