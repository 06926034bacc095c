import { report } from './ending.ts';
import type { CallContext, Reply, Tool } from './tool.ts';
import { ask } from './tools/ask.ts';
import { big } from './tools/big.ts';
import { counterTools } from './tools/counter.ts';
import { crash } from './tools/crash.ts';
import { echo } from './tools/echo.ts';
import { extraTools } from './tools/extra.ts';
import { fail } from './tools/fail.ts';
import { flood } from './tools/flood.ts';
import { hang } from './tools/hang.ts';
import { sample } from './tools/sample.ts';
import { sleep } from './tools/sleep.ts';
import { ProtocolFault } from './wire.ts';

export const SERVER_INFO = { name: 'testbed', title: 'Testbed', version: '0.1.0' } as const;

export const INSTRUCTIONS =
  'For demonstrations, tests and benchmarks. crash ends this server, hang never answers.';

const INVALID_PARAMS = -32_602;

export interface ToolPage {
  readonly tools: readonly Tool[];
  readonly nextCursor: string | undefined;
}

/** The tools and what they share: one for all connections of this process. */
export class Testbed {
  readonly #tools: readonly Tool[];
  readonly #byName: ReadonlyMap<string, Tool>;
  readonly #pages: number;

  constructor(extra: number, pages: number) {
    this.#tools = [
      echo,
      sleep,
      fail,
      hang,
      crash,
      flood,
      big,
      ...counterTools(),
      ask,
      sample,
      ...extraTools(extra),
    ];
    this.#byName = new Map(this.#tools.map((tool) => [tool.name, tool]));
    this.#pages = pages;
  }

  /** One page of the list: as many pages as were asked for, all of about the same size. Throws a ProtocolFault. */
  page(cursor: string | undefined): ToolPage {
    const number = cursor === undefined ? 1 : Number(/^page-(\d{1,4})$/.exec(cursor)?.[1]);
    if (!(number >= 1 && number <= this.#pages)) {
      throw new ProtocolFault(
        INVALID_PARAMS,
        `The cursor ${JSON.stringify(cursor)} is not one of this list.`,
      );
    }
    const bound = (page: number) => Math.floor((page * this.#tools.length) / this.#pages);
    return {
      tools: this.#tools.slice(bound(number - 1), bound(number)),
      nextCursor: number < this.#pages ? `page-${number + 1}` : undefined,
    };
  }

  /** Makes one call. Rejects only when it is cancelled; a defect of a tool is a tool error, and told on stderr. */
  async call(name: string, args: unknown, context: CallContext): Promise<Reply> {
    const tool = this.#byName.get(name);
    if (tool === undefined) {
      const message = `There is no tool ${JSON.stringify(name)}.`;
      return { kind: 'protocol-error', code: INVALID_PARAMS, message };
    }
    try {
      return await tool.call(args ?? {}, context);
    } catch (error) {
      if (context.signal.aborted) throw error;
      report(error);
      return {
        kind: 'tool-error',
        message: `${name} failed unexpectedly; stderr has the details.`,
      };
    }
  }
}
