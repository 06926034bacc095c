import { setImmediate } from 'node:timers/promises';
import { HttpFixture, type HttpExchange } from '../../support/http-fixture.ts';
import type { Floor } from './floor.ts';

/** A tool of the store: what it does with its arguments, and what it answers. */
interface StoreTool {
  /** Declared read-only; otherwise a write, and nobody's word that it may be repeated. */
  readonly reads: boolean;
  run(args: Record<string, unknown>, store: StoreServer): Promise<string | object>;
}

/** An MCP server over HTTP in this process, with records whose increments race unless they are kept apart. */
export class StoreServer implements AsyncDisposable {
  readonly records = new Map<string, number>();
  /** The arguments of every call that reached it, with the tool's name before them. */
  readonly received: (readonly [string, unknown])[] = [];
  readonly floor: Floor;
  readonly http: HttpFixture;
  readonly #name: string;

  private constructor(name: string, floor: Floor, http: HttpFixture) {
    this.#name = name;
    this.floor = floor;
    this.http = http;
  }

  /** `names`: the tools to list, each of which does what the store tool of its name does, or else echoes. Default: those of the store. */
  static async start(
    name: string,
    floor: Floor,
    names: readonly string[] = Object.keys(TOOLS),
  ): Promise<StoreServer> {
    let store: StoreServer | undefined;
    const scripts = names.map((tool) => [
      tool,
      (exchange: HttpExchange) => store?.call(tool, exchange),
    ]);
    const http = await HttpFixture.start({
      tools: Object.fromEntries(scripts) as Record<string, (exchange: HttpExchange) => void>,
      intercept: (exchange) => listTools(exchange, names),
    });
    store = new StoreServer(name, floor, http);
    return store;
  }

  get entry(): object {
    return { type: 'http', url: this.http.url };
  }

  /** How often the host told it that a call is no longer wanted. */
  get cancellations(): number {
    return this.http.posts('notifications/cancelled').length;
  }

  async call(tool: string, exchange: HttpExchange): Promise<void> {
    const { args } = exchange;
    const what = [args['key'], args['gate']].find((given) => typeof given === 'string');
    const label = `${this.#name}.${tool}(${what ?? ''})`;
    this.received.push([tool, args]);
    this.floor.note(`${label} start`);
    exchange.response.on('close', () => {
      if (!exchange.response.writableFinished) this.floor.note(`${label} gone`);
    });
    const answer = await (TOOLS[tool]?.run(args, this) ?? JSON.stringify(args));
    this.floor.note(`${label} end`);
    const { id } = exchange.message;
    if (typeof answer === 'object') exchange.json({ jsonrpc: '2.0', id, ...answer });
    else exchange.json(exchange.answer(answer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.http[Symbol.asyncDispose]();
  }
}

const TOOLS: Readonly<Record<string, StoreTool>> = {
  get: {
    reads: true,
    run: ({ key }, { records }) =>
      Promise.resolve(`${String(key)}=${String(records.get(String(key)) ?? 0)}`),
  },
  /** Waits for its gate. */
  hold: {
    reads: true,
    run: async ({ gate }, { floor }) => {
      await floor.pass(String(gate));
      return `passed ${String(gate)}`;
    },
  },
  /** Waits for `count` calls to run at the same time. */
  meet: {
    reads: true,
    run: async ({ count }, { floor }) => {
      await floor.meet(Number(count));
      return 'met';
    },
  },
  shot: {
    reads: true,
    run: async ({ gate }, { floor }) => {
      await floor.pass(String(gate));
      const image = { type: 'image', mimeType: 'image/png', data: 'iVBORw==' };
      return { result: { content: [{ type: 'text', text: 'a picture' }, image] } };
    },
  },
  big: { reads: true, run: () => Promise.resolve('x'.repeat(2_000_000)) },
  fail: {
    reads: true,
    run: () =>
      Promise.resolve({
        result: { content: [{ type: 'text', text: 'no such record' }], isError: true },
      }),
  },
  broken: {
    reads: true,
    run: () => Promise.resolve({ error: { code: -32_000, message: 'the disk is full' } }),
  },
  set: {
    reads: false,
    run: ({ key, value }, { records }) => {
      records.set(String(key), Number(value));
      return Promise.resolve(`set ${String(key)}`);
    },
  },
  /** Reads, lets everything else run, and writes. */
  increment: {
    reads: false,
    run: async ({ key }, { records }) => {
      const before = records.get(String(key)) ?? 0;
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
      records.set(String(key), before + 1);
      return String(before + 1);
    },
  },
  /** A write that waits for its gate. */
  hold_write: {
    reads: false,
    run: async ({ gate }, { floor }) => {
      await floor.pass(String(gate));
      return `wrote ${String(gate)}`;
    },
  },
};

function listTools(exchange: HttpExchange, names: readonly string[]): boolean {
  const { id, method } = exchange.message;
  if (method !== 'tools/list') return false;
  const tools = names.map((name) => ({
    name,
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: TOOLS[name]?.reads ?? true },
  }));
  exchange.json({ jsonrpc: '2.0', id, result: { tools } });
  return true;
}
