import { randomBytes } from 'node:crypto';
import {
  IssuerMismatchError,
  startAuthorization,
  validateAuthorizationResponseIssuer,
  type FetchLike,
} from '@modelcontextprotocol/client';
import { linkAbort } from '../../base/abort.ts';
import { HostError } from '../../base/errors.ts';
import { visibleLine } from '../../base/visible.ts';
import type { ServerId } from '../../call/names.ts';
import type { OAuthSettings } from '../../config/host-config.ts';
import { checkForPerson, type AuthorizationServer } from './authorization-server.ts';
import { knownClient, makeClient, type ClientIdentity } from './client-identity.ts';
import { LoopbackListener } from './loopback.ts';
import { AuthorizationProblem } from './problem.ts';
import { redeemCode } from './token-requests.ts';
import type { Grant, StoredClient } from './token-store.ts';

/** Something that a person can allow, or not, in a browser. */
export interface AuthorizationRequest {
  readonly server: ServerId;
  /** Where: an https address, or one of this machine, in plain ASCII without spaces or quotes. */
  readonly url: string;
}

/**
 * Shows a person where to go; what comes of it arrives by itself. May reject where that cannot be done. The signal aborts when it is over, however it ended.
 */
export type Authorize = (
  request: AuthorizationRequest,
  signal: AbortSignal,
) => void | Promise<void>;

export interface AskOptions {
  readonly server: ServerId;
  readonly settings: OAuthSettings | undefined;
  /** As we registered ourselves before. */
  readonly client: StoredClient | null;
  readonly scope: string | undefined;
  readonly fetch: FetchLike;
  readonly authorize: Authorize;
  /** Ends the wait for the person. */
  readonly signal: AbortSignal;
}

/** Longest wait for a person, ms. */
const PERSON_MS = 300_000;

/**
 * The authorization code flow with PKCE: a person is sent to the authorization server with a browser, which comes back to a listener on this machine. Rejects
 * with an AuthorizationProblem, the SDK's error, or the signal's reason; the listener is gone then. Source: OAuth 2.1, 4.1; RFC 8252; RFC 9207.
 */
export async function askPerson(
  authorizationServer: AuthorizationServer,
  options: AskOptions,
): Promise<Grant> {
  checkForPerson(authorizationServer);
  const { settings, scope, fetch } = options;
  const state = randomBytes(32).toString('base64url');
  const { listener, client: known } = await listen(state, options);
  await using _ = listener;
  const redirectUrl = listener.url;
  const client: ClientIdentity =
    known ?? (await makeClient(authorizationServer, { settings, redirectUrl, scope, fetch }));
  const { metadata, resource, url } = authorizationServer;
  const { authorizationUrl, codeVerifier } = await startAuthorization(url, {
    ...(metadata !== undefined && { metadata }),
    ...(resource !== undefined && { resource }),
    ...(scope !== undefined && { scope }),
    clientInformation: client.information,
    redirectUrl,
    state,
  });
  const answer = await answerOf(listener, authorizationUrl, options);
  const { code, iss } = readAnswer(answer, authorizationServer);
  const tokens = await redeemCode(
    { server: authorizationServer, client, fetch },
    { code, iss, codeVerifier, redirectUrl, scope },
  );
  return { issuer: authorizationServer.issuer, client: client.stored, tokens };
}

/**
 * Listens where the authorization server expects us: for many, the very address that we registered. Where that is taken, we shall be registered anew.
 */
async function listen(
  state: string,
  { settings, client }: AskOptions,
): Promise<{ readonly listener: LoopbackListener; readonly client: ClientIdentity | undefined }> {
  const known = knownClient(settings, client);
  const registered = known?.stored?.redirectUrl ?? null;
  if (registered === null) {
    return {
      listener: await LoopbackListener.open(settings?.redirectPort ?? 0, state),
      client: known,
    };
  }
  try {
    const listener = await LoopbackListener.open(Number(new URL(registered).port), state);
    return { listener, client: known };
  } catch (reason) {
    if (!(reason instanceof HostError) || reason.details['isTaken'] !== true) throw reason;
    const listener = await LoopbackListener.open(settings?.redirectPort ?? 0, state);
    return { listener, client: undefined };
  }
}

async function answerOf(
  listener: LoopbackListener,
  url: URL,
  { authorize, server, signal }: AskOptions,
): Promise<URLSearchParams> {
  // Nobody is shown a question that is over before it is put.
  signal.throwIfAborted();
  using wait = linkAbort(signal);
  const timer = setTimeout(() => {
    const message = `nobody allowed it within ${PERSON_MS / 60_000} minutes`;
    wait.abort(new AuthorizationProblem(message, { needsPerson: true }));
  }, PERSON_MS);
  const over = new AbortController();
  const show = async (): Promise<void> => {
    try {
      await authorize({ server, url: url.href }, over.signal);
    } catch (reason) {
      wait.abort(HostError.from(reason));
    }
  };
  try {
    void show();
    return await listener.answer(wait.signal);
  } finally {
    clearTimeout(timer);
    over.abort(new HostError('aborted', 'the question is over'));
  }
}

/** Until the issuer is checked nothing of an answer is believed or shown, for it may be another's. */
function readAnswer(
  answer: URLSearchParams,
  { issuer, metadata }: AuthorizationServer,
): { readonly code: string; readonly iss: string | undefined } {
  const iss = answer.get('iss') ?? undefined;
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: metadata?.issuer,
      issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
    });
  } catch (reason) {
    if (!(reason instanceof IssuerMismatchError)) throw reason;
    const message = `the browser came back with an answer that is not of ${visibleLine(issuer, 100)}: it was not used`;
    throw new AuthorizationProblem(message, { cause: reason });
  }
  const code = answer.get('code');
  if (code !== null && code !== '') return { code, iss };
  const error = visibleLine(answer.get('error') ?? 'no code', 60);
  const description = visibleLine(answer.get('error_description') ?? '');
  throw new AuthorizationProblem(
    `it was not allowed: ${visibleLine(issuer, 100)} answered ${error}${description === '' ? '' : `: ${description}`}`,
    { needsPerson: true },
  );
}
