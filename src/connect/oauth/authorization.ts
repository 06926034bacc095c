import { computeScopeUnion } from '@modelcontextprotocol/client';
import { linkAbort, untilAborted } from '../../base/abort.ts';
import { HostError } from '../../base/errors.ts';
import type { ServerId } from '../../call/names.ts';
import type { OAuthSettings } from '../../config/host-config.ts';
import type { Notify } from '../wire-transport.ts';
import { askPerson, type Authorize } from './ask-person.ts';
import { findAuthorizationServer, type AuthorizationServer } from './authorization-server.ts';
import { readChallenge } from './challenge.ts';
import type { Credentials, Refusal } from './credentials.ts';
import { GuardedFetch, type GuardOptions } from './guarded-fetch.ts';
import { coversScope, HeldGrants } from './held-grants.ts';
import { AuthorizationProblem, explainProblem, NotOffered, refusedAgain } from './problem.ts';
import { renewGrant } from './renew-grant.ts';
import { ScopeSteps } from './scope-steps.ts';
import { useOwnCredentials } from './token-requests.ts';
import { TokenStore } from './token-store.ts';

export interface AuthorizationOptions {
  readonly server: ServerId;
  readonly url: URL;
  /** Expanded. */
  readonly settings: OAuthSettings | undefined;
  /** Says where the store is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly notify: Notify;
  /** Absent where no person can be asked. */
  readonly authorize: Authorize | undefined;
  readonly lookup?: NonNullable<GuardOptions['lookup']>;
}

/** What a request was refused for: its token, or, with `scope`, what that allows. */
interface Want {
  readonly rejected: string | undefined;
  readonly isStepUp: boolean;
  /** What the server asked for just now. */
  readonly scope: string | undefined;
}

/** A person who does not allow it is not asked for ever. */
const MAX_VAIN_QUESTIONS = 2;

/**
 * Our authorisation at one HTTP server, for as long as its connection lives; sessions come and go.
 *
 * - A1. One renewal at a time, in this process and, by the lock of the store, in all: whoever gets the lock looks first whether another has done it.
 * - A2. A refresh token is used at most once: its successor is stored before anybody uses it, under the same lock.
 * - A3. An access token is sent to its server's origin only; a refresh token and a client's secret only to the issuer that they are of.
 * - A4. A person is asked one thing at a time, a limited number of times in vain, and never once this is closed.
 */
export class Authorization implements Credentials {
  readonly #options: AuthorizationOptions;
  readonly #grants: HeldGrants;
  readonly #guard: GuardedFetch;
  readonly #life = linkAbort(undefined);
  readonly #listeners = new Set<(isAsking: boolean) => void>();
  readonly #steps = new ScopeSteps();
  #loaded: Promise<void> | undefined;
  #isLoaded = false;
  /** What the server asked for so far, and where it says who authorises. */
  #wanted: string | undefined;
  #metadataUrl: URL | undefined;
  /** Whether the server, or the config, speaks of OAuth. */
  #isOAuth: boolean;
  #renewal: Promise<boolean> | undefined;
  #question: Promise<void> | undefined;
  #vainQuestions = 0;
  #problem: AuthorizationProblem | undefined;

  constructor(options: AuthorizationOptions) {
    this.#options = options;
    const { server, url, settings, env, notify, lookup } = options;
    const issuer = settings?.issuer;
    this.#isOAuth = settings !== undefined;
    const store = new TokenStore({ server, resource: url, settings, env });
    this.#grants = new HeldGrants(store, { issuer, notify });
    this.#guard = new GuardedFetch({
      server: url,
      issuer: issuer === undefined ? undefined : new URL(issuer),
      ...(lookup !== undefined && { lookup }),
    });
  }

  /** Why we are not authorised, since the last try; `undefined` when we are, as far as is known. */
  get problem(): AuthorizationProblem | undefined {
    return this.#problem;
  }

  /** Tells when a person begins, and ceases, to be waited for; at once, if one is. Returns the function that unsubscribes. */
  onAsking(listener: (isAsking: boolean) => void): () => void {
    this.#listeners.add(listener);
    if (this.#question !== undefined) listener(true);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  covers(url: string | URL): boolean {
    return new URL(url).origin === this.#options.url.origin; // A3
  }

  async token(signal: AbortSignal): Promise<string | undefined> {
    this.#loaded ??= this.#load();
    await untilAborted(this.#loaded, signal);
    this.#isLoaded = true;
    const { tokens } = this.#grants;
    if (this.#isOverdue) {
      const want = { rejected: tokens?.accessToken, isStepUp: false, scope: undefined };
      await untilAborted(this.#get(want), signal);
    }
    return this.#grants.tokens?.accessToken;
  }

  tokenNow(): { readonly token: string | undefined } | 'wait' {
    if (!this.#isLoaded || this.#isOverdue) return 'wait';
    return { token: this.#grants.tokens?.accessToken };
  }

  async refused(refusal: Refusal, signal: AbortSignal): Promise<boolean> {
    const { scope, metadataUrl, isOAuth, wantsMoreScope } = readChallenge(refusal.challenge);
    const isStepUp = refusal.status === 403;
    if (isStepUp && !wantsMoreScope) return false;
    this.#isOAuth ||= isOAuth || refusal.token !== undefined;
    this.#metadataUrl = metadataUrl ?? this.#metadataUrl;
    this.#wanted = computeScopeUnion(this.#wanted, scope);
    return untilAborted(this.#get({ rejected: refusal.token, isStepUp, scope }), signal);
  }

  gaveUp({ status, challenge }: Refusal): void {
    const { scope, wantsMoreScope } = readChallenge(challenge);
    if (status === 403 && !wantsMoreScope) return;
    this.#problem = explainProblem(refusedAgain(status, scope), this.#options.server, []);
  }

  /** Ends whatever is under way; a listener is gone when it resolves. Never rejects. */
  async close(): Promise<void> {
    const { server } = this.#options;
    this.#life.abort(new HostError('closed', `the connection to server "${server}" was closed`));
    await Promise.allSettled([this.#guard.close(), this.#renewal, this.#question]);
  }

  /** Whether the token is over, and another can be had without asking anybody. */
  get #isOverdue(): boolean {
    const { isExpired, isRefreshable } = this.#grants;
    return isExpired && (isRefreshable || this.#isForItself);
  }

  get #isForItself(): boolean {
    return this.#options.settings?.grant === 'client_credentials';
  }

  /** What an earlier life of this program, or another process, was given. */
  async #load(): Promise<void> {
    await this.#grants.read();
    const { tokens, wanted } = this.#grants;
    if (tokens === undefined || wanted === undefined) return;
    if (this.#options.authorize === undefined) return;
    // There was nobody to be asked when it was wanted; now there is.
    this.#wanted = wanted;
    await this.#get({ rejected: tokens.accessToken, isStepUp: true, scope: wanted });
  }

  /** Gets what is wanted, and resolves to whether it is there. Never rejects. */
  async #get(want: Want): Promise<boolean> {
    try {
      // One that is under way may be for something else: what came of it is looked at first.
      if (want.isStepUp) await this.#renewal;
      if (!this.#has(want) && !(await this.#renewed(want))) await this.#asked(want);
      this.#problem = undefined;
      return true;
    } catch (reason) {
      const { server, settings } = this.#options;
      const { clientSecret = '', privateKey = '' } = settings ?? {};
      const secrets = [...this.#grants.secrets(), clientSecret, privateKey];
      this.#problem =
        reason instanceof NotOffered ? undefined : explainProblem(reason, server, secrets);
      return false;
    }
  }

  #has({ rejected, isStepUp, scope }: Want): boolean {
    const { tokens } = this.#grants;
    if (tokens === undefined || tokens.accessToken === rejected) return false;
    return !isStepUp || coversScope(tokens, scope);
  }

  /** Whoever comes while it is under way shares it (A1). */
  #renewed(want: Want): Promise<boolean> {
    this.#renewal ??= this.#renew(want).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /** Without asking anybody. */
  async #renew(want: Want): Promise<boolean> {
    using _lock = await this.#grants.lock(this.#life.signal); // A1
    await this.#grants.read();
    if (this.#has(want)) return true;
    // Awaited here: the lock is held until it is done.
    if (this.#isForItself) return await this.#renewForItself(want);
    if (want.isStepUp) return false;
    return await renewGrant(this.#grants, {
      settings: this.#options.settings,
      fetch: this.#guard.fetch,
      findServer: () => this.#findServer(), // A3
    });
  }

  async #renewForItself({ isStepUp }: Want): Promise<boolean> {
    const { settings } = this.#options;
    if (settings === undefined) return false;
    const server = await this.#findServer();
    const scope = this.#scopeFor(server);
    if (isStepUp) this.#steps.count(scope);
    const tokens = await useOwnCredentials({ server, fetch: this.#guard.fetch }, settings, scope);
    await this.#grants.keep({ issuer: server.issuer, client: null, tokens });
    return true;
  }

  async #asked(want: Want): Promise<void> {
    const { authorize } = this.#options;
    if (authorize === undefined) {
      if (!this.#isOAuth) throw new NotOffered();
      if (want.isStepUp && want.scope !== undefined) await this.#rememberWish();
      throw new AuthorizationProblem('nobody is there to be asked', {
        needsPerson: true,
        passing: true,
      });
    }
    this.#question ??= this.#ask(authorize, want).finally(() => {
      this.#question = undefined;
      this.#tellAsking(false);
    });
    this.#tellAsking(true);
    await this.#question;
  }

  async #ask(authorize: Authorize, { isStepUp }: Want): Promise<void> {
    if (this.#vainQuestions >= MAX_VAIN_QUESTIONS) {
      throw new AuthorizationProblem('nobody allowed it when asked', { needsPerson: true });
    }
    const { server: id, settings } = this.#options;
    const { signal } = this.#life;
    const server = await this.#findServer();
    if (!server.isDeclared && !this.#isOAuth) throw new NotOffered();
    const scope = this.#scopeFor(server);
    if (isStepUp) this.#steps.count(scope);
    this.#vainQuestions += 1;
    const grant = await askPerson(server, {
      server: id,
      settings,
      // One that a person got nowhere with may be forgotten there.
      client: this.#vainQuestions > 1 ? null : (this.#grants.of(server.issuer)?.client ?? null),
      scope,
      fetch: this.#guard.fetch,
      authorize,
      signal, // A4
    });
    using _lock = await this.#grants.lock(signal);
    await this.#grants.read();
    await this.#grants.keep(grant);
    this.#vainQuestions = 0;
  }

  async #rememberWish(): Promise<void> {
    const wish = computeScopeUnion(this.#grants.tokens?.scope ?? undefined, this.#wanted);
    using _lock = await this.#grants.lock(this.#life.signal);
    await this.#grants.read();
    if (wish !== undefined && this.#grants.wanted !== wish) await this.#grants.want(wish);
  }

  #tellAsking(isAsking: boolean): void {
    for (const listener of this.#listeners) listener(isAsking);
  }

  #findServer(): Promise<AuthorizationServer> {
    const { url, settings } = this.#options;
    return findAuthorizationServer({
      server: url,
      issuer: settings?.issuer,
      metadataUrl: this.#metadataUrl,
      fetch: this.#guard.fetch,
    });
  }

  /** What was granted is asked for again, so that it is not lost. Source: MCP specification, scope selection strategy and step-up. */
  #scopeFor({ scopes, metadata }: AuthorizationServer): string | undefined {
    const scope = computeScopeUnion(
      this.#grants.tokens?.scope ?? undefined,
      this.#wanted ?? scopes.join(' '),
      this.#options.settings?.scopes.join(' '),
    );
    const offersRefresh = metadata?.scopes_supported?.includes('offline_access') === true;
    if (scope === undefined || !offersRefresh || this.#isForItself) return scope;
    return computeScopeUnion(scope, 'offline_access');
  }
}
