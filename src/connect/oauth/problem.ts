import {
  OAuthError,
  OAuthErrorCode,
  RegistrationRejectedError,
} from '@modelcontextprotocol/client';
import { describe, HostError } from '../../base/errors.ts';
import { visibleLine } from '../../base/visible.ts';
import { CallFault } from '../call-fault.ts';
import { networkWords } from '../network-error.ts';

export interface ProblemFacts {
  /** Whether only a person can change it. */
  readonly needsPerson?: boolean;
  /** Whether it may be otherwise another time: an outage, or somebody authorises elsewhere. */
  readonly passing?: boolean;
  /** What to do. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Why we are not authorised at a server, in words that say what to do. */
export class AuthorizationProblem extends HostError {
  readonly needsPerson: boolean;

  constructor(message: string, facts: ProblemFacts = {}) {
    const { passing = false, needsPerson = false, hint, cause } = facts;
    super('connect-failed', message, { cause, details: { passing, hint } });
    this.needsPerson = needsPerson;
  }
}

/** The server wants something else than OAuth, as far as can be told. */
export class NotOffered extends Error {
  override readonly name = 'NotOffered';
}

/** The server refuses what it, or its authorization server, has just given us. */
export function refusedAgain(status: number, scope: string | undefined): AuthorizationProblem {
  const wanted = scope === undefined ? '' : ` ${JSON.stringify(visibleLine(scope, 100))}`;
  return new AuthorizationProblem(
    status === 403
      ? `it wants the scope${wanted}, which was not granted when it was asked for`
      : 'it refuses the token that was issued for it just now',
  );
}

/** What a problem is for the one call that met it. Nothing ran: the server refused it. */
export function authorizationFault(problem: AuthorizationProblem): CallFault {
  const { passing, hint } = problem.details;
  const mayPassSoon = passing === true && !problem.needsPerson;
  const advice = typeof hint === 'string' ? ` (${hint})` : '';
  const text = `${problem.message}${advice}`;
  return new CallFault(mayPassSoon ? 'http-outage' : 'unauthorised', text, {
    ran: 'no',
    cause: problem,
  });
}

/** Answers of an authorization server by which what we had from it is worth nothing any more. */
const DEAD_GRANT: ReadonlySet<string> = new Set([OAuthErrorCode.InvalidGrant]);
const OUT_OF_ORDER: ReadonlySet<string> = new Set([
  OAuthErrorCode.ServerError,
  OAuthErrorCode.TemporarilyUnavailable,
]);
const DEAD_CLIENT: ReadonlySet<string> = new Set([
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.UnauthorizedClient,
]);

/** What a failed token request says of what it was made with. */
export function deadAfter(reason: unknown): 'tokens' | 'client' | undefined {
  if (!(reason instanceof OAuthError)) return undefined;
  if (DEAD_CLIENT.has(reason.code)) return 'client';
  return DEAD_GRANT.has(reason.code) ? 'tokens' : undefined;
}

/**
 * Why we are not authorised at a server, as a paragraph for people that says what to do. Secrets that others repeat are taken out.
 */
export function explainProblem(
  reason: unknown,
  server: string,
  secrets: readonly string[],
): AuthorizationProblem {
  const problem = problemIn(reason);
  const why = problem?.message ?? words(reason, secrets);
  const command = `mcp-fanout doctor --server ${/^[\w.-]+$/u.test(server) ? server : JSON.stringify(server)}`;
  if (problem?.needsPerson === true) {
    return new AuthorizationProblem(
      `server "${server}" wants a person to allow the access (OAuth), and ${why}.`,
      {
        needsPerson: true,
        passing: isPassing(problem),
        hint: `on a terminal, ${command} asks for it, and remembers the answer`,
        cause: reason,
      },
    );
  }
  return new AuthorizationProblem(`server "${server}" could not be authorised (OAuth): ${why}.`, {
    passing: problem === undefined ? isOutage(reason) : isPassing(problem),
    cause: reason,
  });
}

function words(reason: unknown, secrets: readonly string[]): string {
  const clean = (text: string, max?: number): string => visibleLine(scrubbed(text, secrets), max);
  const own = hostErrorIn(reason);
  if (own !== undefined) return clean(own.message, 600);
  if (reason instanceof OAuthError) {
    return `its authorization server answered ${clean(reason.code, 60)}: ${clean(reason.message)}`;
  }
  if (reason instanceof RegistrationRejectedError) {
    return `its authorization server did not register this program (HTTP ${reason.status}): ${clean(reason.body)}`;
  }
  if (reason instanceof TypeError && reason.cause !== undefined) {
    return `${clean(reason.message)}: ${clean(networkWords(reason.cause))}`;
  }
  return clean(describe(reason));
}

/** Whether the authorization server, or the way to it, was out of order. */
function isOutage(reason: unknown): boolean {
  if (hostErrorIn(reason) !== undefined) return false;
  return reason instanceof OAuthError ? OUT_OF_ORDER.has(reason.code) : reason instanceof TypeError;
}

function isPassing(problem: AuthorizationProblem): boolean {
  return problem.details['passing'] === true;
}

function problemIn(reason: unknown): AuthorizationProblem | undefined {
  const own = hostErrorIn(reason);
  return own instanceof AuthorizationProblem ? own : undefined;
}

/** An error of ours within what the SDK and undici made of it. */
function hostErrorIn(reason: unknown): HostError | undefined {
  let current = reason;
  for (let depth = 0; current instanceof Error && depth < 8; depth += 1) {
    if (current instanceof HostError) return current;
    current = current.cause;
  }
  return undefined;
}

function scrubbed(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (rest, secret) => (secret.length < 6 ? rest : rest.replaceAll(secret, '[redacted]')),
    text,
  );
}
