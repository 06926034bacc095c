import { isStrictScopeSuperset } from '@modelcontextprotocol/client';
import { HostError } from '../../base/errors.ts';
import { visibleLine } from '../../base/visible.ts';
import type { Notify } from '../wire-transport.ts';
import type { Grant, Stored, StoredTokens, TokenStore } from './token-store.ts';

const NOTHING: Stored = { grants: [], wanted: null };

/**
 * What authorization servers gave us for one MCP server: in the store, for all processes, and in memory, for the next request. Where the store cannot be used
 * a person is told, and what is given lasts as long as this process.
 */
export class HeldGrants {
  readonly #store: TokenStore;
  /** The only one whose grants are used, if the config names one. */
  readonly #issuer: string | undefined;
  readonly #notify: Notify;
  #stored: Stored = NOTHING;
  #tokens: StoredTokens | undefined;

  constructor(
    store: TokenStore,
    options: { readonly issuer: string | undefined; readonly notify: Notify },
  ) {
    this.#store = store;
    this.#issuer = options.issuer;
    this.#notify = options.notify;
  }

  /** For the next request. */
  get tokens(): StoredTokens | undefined {
    return this.#tokens;
  }

  /** Whether those tokens are over by what was said when they were issued. */
  get isExpired(): boolean {
    const expiresAt = this.#tokens?.expiresAt ?? Infinity;
    return expiresAt <= Date.now();
  }

  get isRefreshable(): boolean {
    return typeof this.#tokens?.refreshToken === 'string';
  }

  /** Of one authorization server, as last read. */
  of(issuer: string): Grant | undefined {
    return this.#stored.grants.find((grant) => grant.issuer === issuer);
  }

  /** What was wanted when nobody was there to be asked, unless it has been granted. */
  get wanted(): string | undefined {
    const wanted = this.#stored.wanted ?? undefined;
    return coversScope(this.#tokens, wanted) ? undefined : wanted;
  }

  /** Reads what is there now: another process may have been given something newer. */
  async read(): Promise<void> {
    await this.#guarded(async () => {
      this.#stored = await this.#store.read();
    });
    const inUse = this.#stored.grants.find(
      ({ issuer }) => this.#issuer === undefined || issuer === this.#issuer,
    );
    this.#tokens = inUse?.tokens ?? undefined;
  }

  /** Keeps other processes from changing what is there, until the result is disposed of. Rejects with the signal's reason only. */
  async lock(signal: AbortSignal): Promise<Disposable> {
    const lock = await this.#guarded(() => this.#store.lock(signal));
    if (signal.aborted) lock?.[Symbol.dispose]();
    signal.throwIfAborted();
    return lock ?? { [Symbol.dispose]: () => undefined };
  }

  /** Makes a grant the one in use: stored first, and then used. */
  async keep(grant: Grant): Promise<void> {
    const others = this.#stored.grants.filter(({ issuer }) => issuer !== grant.issuer);
    const stored: Stored = { grants: [grant, ...others], wanted: null };
    await this.#guarded(() => this.#store.write(stored));
    this.#stored = stored;
    this.#tokens = grant.tokens ?? undefined;
  }

  /** Remembers what a person is to be asked for as soon as one is there. */
  async want(scope: string): Promise<void> {
    this.#stored = { ...this.#stored, wanted: scope };
    await this.#guarded(() => this.#store.write(this.#stored));
  }

  /** All that must not turn up in a message. */
  secrets(): readonly string[] {
    return this.#stored.grants.flatMap(({ client, tokens }) =>
      [client?.clientSecret, tokens?.accessToken, tokens?.refreshToken].filter(
        (secret) => typeof secret === 'string',
      ),
    );
  }

  async #guarded<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch (reason) {
      const failure = HostError.from(reason);
      if (failure.code === 'closed' || failure.code === 'aborted') throw reason;
      this.#notify(
        'oauth-store',
        `its authorisation is not kept: ${visibleLine(failure.message, 400)}`,
      );
      return undefined;
    }
  }
}

/** Whether tokens were granted all of a scope. */
export function coversScope(tokens: StoredTokens | undefined, scope: string | undefined): boolean {
  return !isStrictScopeSuperset(scope, tokens?.scope ?? undefined);
}
