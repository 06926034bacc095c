import { openHost, type Host, type RunOptions, type RunResult } from '../../../src/index.ts';
import {
  scriptedEndpoint,
  type ScriptedCall,
  type ScriptedEndpoint,
  type Step,
} from '../../support/scripted-endpoint.ts';
import { Floor } from './floor.ts';
import { StoreServer } from './store-server.ts';
import type { FollowUp, Variant } from './variants.ts';

interface MatrixOptions {
  /** The model's answers. Default: the one message of {@link MatrixHost.with}, then the end. */
  readonly steps?: readonly Step[];
  /** More servers beside the stores `a` and `b`. */
  readonly servers?: Readonly<Record<string, object>>;
  /** Settings of `a`. */
  readonly a?: object;
  /** The tools of `a`. */
  readonly tools?: readonly string[];
}

/** A whole host between a scripted model, asked over HTTP, and two stores, called over HTTP. Everything is allowed to run. */
export class MatrixHost implements AsyncDisposable {
  readonly floor: Floor;
  readonly endpoint: ScriptedEndpoint;
  readonly a: StoreServer;
  readonly b: StoreServer;
  readonly host: Host;
  readonly #variant: Variant;

  private constructor(
    parts: Pick<MatrixHost, 'floor' | 'endpoint' | 'a' | 'b' | 'host'>,
    variant: Variant,
  ) {
    this.floor = parts.floor;
    this.endpoint = parts.endpoint;
    this.a = parts.a;
    this.b = parts.b;
    this.host = parts.host;
    this.#variant = variant;
  }

  /** One whose model makes these calls in its first message, and says `Done.` in its second. */
  static with(variant: Variant, calls: readonly ScriptedCall[], options: MatrixOptions = {}) {
    const steps = [variant.message({ calls }), variant.message({ text: 'Done.' })];
    return MatrixHost.open(variant, { steps, ...options });
  }

  static async open(variant: Variant, options: MatrixOptions): Promise<MatrixHost> {
    const floor = new Floor();
    const endpoint = await scriptedEndpoint(options.steps ?? []);
    const a = await StoreServer.start('a', floor, options.tools);
    const b = await StoreServer.start('b', floor);
    const host = await openHost(
      {
        model: { name: 'scripted', api: variant.api },
        policy: { allow: ['*'] },
        mcpServers: {
          a: { ...a.entry, ...options.a },
          b: b.entry,
          ...options.servers,
        },
      },
      { env: { ...process.env, OPENAI_BASE_URL: endpoint.url, OPENAI_API_KEY: '' } },
    );
    return new MatrixHost({ floor, endpoint, a, b, host }, variant);
  }

  run(options: RunOptions = {}): Promise<RunResult> {
    return this.host.run('Do it.', options);
  }

  /** The calls and results of the request `at`, by default of the one after the first batch. */
  followUp(at = 1): FollowUp {
    return this.#variant.followUp(this.endpoint.requests[at]);
  }

  /** What the model was told of each call, in order. */
  told(at = 1): readonly string[] {
    return this.followUp(at).results.map(({ text }) => text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    await this.a[Symbol.asyncDispose]();
    await this.b[Symbol.asyncDispose]();
    await this.endpoint[Symbol.asyncDispose]();
  }
}

/** How the calls of a turn ended: `ok`, `invalid` … */
export function outcomesOf(result: RunResult, turn = 0): readonly string[] {
  return (result.turns[turn]?.calls ?? []).map(({ outcome }) => outcome.kind);
}
