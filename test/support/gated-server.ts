import { deferred, type Deferred } from '../../src/base/deferred.ts';
import { HttpFixture, type HttpExchange, type HttpFixtureOptions } from './http-fixture.ts';

/** A real server whose answers are in the test's hands: each call waits until it is let go. Calls are told apart by their argument `tag`. */
export class GatedServer implements AsyncDisposable {
  /** The tags of the calls that arrived, in order. */
  readonly arrived: string[] = [];
  readonly fixture: HttpFixture;
  readonly #gates: Map<string, Gate>;

  private constructor(fixture: HttpFixture, gates: Map<string, Gate>) {
    this.fixture = fixture;
    this.#gates = gates;
  }

  static async start(
    tools: readonly string[],
    options: Omit<HttpFixtureOptions, 'tools'> = {},
  ): Promise<GatedServer> {
    const gates = new Map<string, Gate>();
    const script = async (exchange: HttpExchange): Promise<void> => {
      const tag = String(exchange.args['tag']);
      server.arrived.push(tag);
      const gate = gateOf(gates, tag);
      gate.reached.resolve();
      await gate.opened.promise;
      if (!exchange.response.destroyed) exchange.json(exchange.answer(tag));
    };
    const fixture = await HttpFixture.start({
      ...options,
      tools: Object.fromEntries(tools.map((tool) => [tool, script])),
    });
    const server = new GatedServer(fixture, gates);
    return server;
  }

  /** A config entry; what a tool is, is said in `settings`. */
  entry(settings: object = {}): object {
    return { type: 'http', url: this.fixture.url, ...settings };
  }

  /** Resolves when the call of this tag has arrived. */
  reached(tag: string): Promise<void> {
    return gateOf(this.#gates, tag).reached.promise;
  }

  /** Lets calls be answered; those that have not arrived are then answered at once. */
  open(...tags: readonly string[]): void {
    for (const tag of tags) gateOf(this.#gates, tag).opened.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { opened } of this.#gates.values()) opened.resolve();
    await this.fixture[Symbol.asyncDispose]();
  }
}

interface Gate {
  readonly reached: Deferred<void>;
  readonly opened: Deferred<void>;
}

function gateOf(gates: Map<string, Gate>, tag: string): Gate {
  const gate = gates.get(tag) ?? { reached: deferred<void>(), opened: deferred<void>() };
  gates.set(tag, gate);
  return gate;
}
