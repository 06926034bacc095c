import { HostError, type ErrorCode } from '../base/errors.ts';
import type { Outcome, Ran } from '../call/outcome.ts';

/**
 * Why a call that was sent, or was about to be, has no usable answer. A closed list; code decides on these, never on message text.
 *
 * - `not-connected`: the server was not ready; nothing was sent
 * - `connection-lost`: the server, or the way to it, went away
 * - `session-lost`: an HTTP server no longer knows the session
 * - `stream-ended`: an HTTP server ended its response without an answer
 * - `http-status`: an HTTP server refused with a status; trying again would not help
 * - `http-outage`: an HTTP server, or what stands before it, failed with a 5xx status; it may pass
 * - `unauthorised`: an HTTP server wants an authorisation (OAuth) that we do not have
 * - `rate-limited`: the same with status 429
 * - `server-error`: the server answered with a JSON-RPC error
 * - `too-large`: the answer was over the size limit
 * - `invalid-reply`: the answer broke JSON-RPC
 * - `invalid-result`: the answer is no tool result, or breaks the tool's own output schema
 * - `input-refused`: the server needs an answer to go on with the call, and does not get it
 * - `unsupported-result`: the answer asks for something this host does not offer
 * - `internal`: a defect of ours
 */
export type CallFaultCode =
  | 'not-connected'
  | 'connection-lost'
  | 'session-lost'
  | 'stream-ended'
  | 'http-status'
  | 'http-outage'
  | 'unauthorised'
  | 'rate-limited'
  | 'server-error'
  | 'too-large'
  | 'invalid-reply'
  | 'invalid-result'
  | 'input-refused'
  | 'unsupported-result'
  | 'internal';

/** Facts of a fault. */
export interface CallFaultFacts {
  readonly ran: Ran;
  /** How long the server asked us to wait before another try, ms. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

const ERROR_CODES: Record<CallFaultCode, ErrorCode> = {
  'not-connected': 'closed',
  'connection-lost': 'connection-lost',
  'session-lost': 'connection-lost',
  'stream-ended': 'connection-lost',
  'http-status': 'protocol',
  'http-outage': 'protocol',
  unauthorised: 'protocol',
  'rate-limited': 'protocol',
  'server-error': 'protocol',
  'too-large': 'too-large',
  'invalid-reply': 'protocol',
  'invalid-result': 'protocol',
  'input-refused': 'protocol',
  'unsupported-result': 'protocol',
  internal: 'internal',
};

/**
 * The failure of one request, made where its cause is known: in a transport. It travels through the SDK as the rejection of `send`, or as the `data` of
 * a JSON-RPC error that is made up here; no server can forge it, since what a server sends is plain data.
 */
export class CallFault extends HostError {
  readonly fault: CallFaultCode;
  readonly ran: Ran;
  readonly retryAfterMs: number | undefined;

  constructor(fault: CallFaultCode, message: string, facts: CallFaultFacts) {
    super(ERROR_CODES[fault], message, { cause: facts.cause });
    this.fault = fault;
    this.ran = facts.ran;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** A failed outcome with a code of the closed list. */
export function failed(code: CallFaultCode, message: string, ran: Ran): Outcome {
  return { kind: 'failed', code, message, ran };
}
