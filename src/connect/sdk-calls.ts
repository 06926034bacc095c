import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client, Tool } from '@modelcontextprotocol/client';
import type { CallContent } from './call-exchange.ts';
import type { CallInFlight } from './call-in-flight.ts';
import type { RoundParams } from './input-required.ts';
import type { RawTool } from './raw-tool.ts';
import { NO_TIMEOUT_MS, PASS_THROUGH } from './sdk-request.ts';
import type { WireGuard } from './wire-guard.ts';

/**
 * In the course of which call something is received, where each has a stream of its own and goes by the SDK, which does not say on which stream a message came,
 * but reads each in the course of the call that opened it. Entered only where somebody may be asked: it slows every promise of the process a little.
 */
const course = new AsyncLocalStorage<CallInFlight>();

export interface SdkCallsOptions {
  readonly client: Client;
  readonly guard: WireGuard;
  /** Whether some arguments of the tool are repeated as HTTP headers. */
  readonly isMirrored: (tool: RawTool) => boolean;
  /** Whether it has to be known in the course of which call a question comes. */
  readonly isTraced: () => boolean;
}

/** The way of `tools/call` by the SDK's client: where the lane does not lead, which is some transports, and arguments that are repeated as headers. */
export class SdkCalls {
  readonly #options: SdkCallsOptions;
  #lastToken = 0;

  constructor(options: SdkCallsOptions) {
    this.#options = options;
  }

  /** The call in whose course this is asked, where that is known. */
  static current(): CallInFlight | undefined {
    return course.getStore();
  }

  /** Sends one request of a call. Resolves to the result as the server sent it. */
  send(call: CallInFlight & CallContent, more: RoundParams = {}): Promise<unknown> {
    return this.#options.isTraced()
      ? course.run(call, () => this.#request(call, more))
      : this.#request(call, more);
  }

  async #request({ name, args, raw, life }: CallContent, more: RoundParams): Promise<unknown> {
    const { client, guard, isMirrored } = this.#options;
    this.#lastToken += 1;
    const token = this.#lastToken;
    const unlisten = guard.listen(token, (progress) => {
      life.onProgress(progress);
    });
    const params = { name, arguments: { ...args }, _meta: { progressToken: token }, ...more };
    const requestOptions = {
      signal: life.signal,
      timeout: NO_TIMEOUT_MS,
      allowInputRequired: true,
    };
    try {
      if (raw !== undefined && isMirrored(raw)) {
        const toolDefinition = forHeaders(raw);
        return await client.callTool(params, { ...requestOptions, toolDefinition });
      }
      return await client.request({ method: 'tools/call', params }, PASS_THROUGH, requestOptions);
    } finally {
      unlisten();
    }
  }
}

/** What the SDK needs of a tool to make headers of its arguments. Its results are checked here, not there. */
function forHeaders(tool: RawTool): Tool {
  // The reader of the list made sure that the root of the schema is of type object.
  return { name: tool.name, inputSchema: tool.inputSchema as Tool['inputSchema'] };
}
