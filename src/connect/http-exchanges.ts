import { linkAbort, onAbort, type LinkedAbort } from '../base/abort.ts';
import { HostError } from '../base/errors.ts';
import type { HttpFacts } from './http-facts.ts';
import type { HttpObserver } from './http-fetch.ts';
import type { MessageId } from './message-id.ts';

/** Carries an exchange's number from `send` to `fetch`, through the SDK; it never leaves the process. */
export const EXCHANGE_HEADER = 'x-mcp-fanout-exchange';

/** One request and all that its answer comes over: a POST, and whatever the SDK resumes it by. */
export interface Exchange {
  readonly id: MessageId;
  readonly key: string;
  /** Ends the exchange, for the SDK: deliberately. */
  readonly link: LinkedAbort;
  facts: HttpFacts | undefined;
  /** The response of the POST was read to its end. */
  over: boolean;
  onbroken: ((reason: Error) => void) | undefined;
  linger: NodeJS.Timeout | undefined;
}

/** The requests that are not over. */
export class Exchanges {
  readonly #byKey = new Map<string, Exchange>();
  readonly #byId = new Map<MessageId, Exchange>();
  #count = 0;

  open(id: MessageId, signal: AbortSignal | undefined): Exchange {
    this.#count += 1;
    const exchange: Exchange = {
      id,
      key: String(this.#count),
      link: linkAbort(signal),
      facts: undefined,
      over: false,
      onbroken: undefined,
      linger: undefined,
    };
    this.#byKey.set(exchange.key, exchange);
    this.#byId.set(id, exchange);
    onAbort(exchange.link.signal, () => {
      this.close(exchange);
    });
    return exchange;
  }

  byId(id: MessageId): Exchange | undefined {
    return this.#byId.get(id);
  }

  observer(headers: Headers): HttpObserver | undefined {
    const exchange = this.#byKey.get(headers.get(EXCHANGE_HEADER) ?? '');
    headers.delete(EXCHANGE_HEADER);
    if (exchange === undefined) return undefined;
    return {
      onResponse: (facts) => {
        exchange.facts = facts;
      },
      onEnd: (reason) => {
        exchange.over = true;
        if (exchange.linger !== undefined) this.close(exchange);
        else if (reason !== undefined) exchange.onbroken?.(reason);
      },
    };
  }

  /** Ends an exchange. Returns whether it was open. */
  close(exchange: Exchange): boolean {
    if (!this.#byKey.delete(exchange.key)) return false;
    if (this.#byId.get(exchange.id) === exchange) this.#byId.delete(exchange.id);
    clearTimeout(exchange.linger);
    if (!exchange.over) exchange.link.abort(new HostError('aborted', 'the request is over'));
    exchange.link[Symbol.dispose]();
    return true;
  }

  closeAll(): void {
    for (const exchange of this.#byKey.values()) this.close(exchange);
  }
}
