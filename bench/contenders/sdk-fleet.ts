import type { BenchCall, Fleet } from '../race/contender.ts';
import { mergeTools, namesOf, type NamedTool } from './merge-tools.ts';

/** What both SDKs' clients have in common, as far as it is used here. */
interface SdkClient {
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<object>;
  listTools(): Promise<{ readonly tools: readonly NamedTool[] }>;
  close(): Promise<void>;
}

interface SdkResult {
  readonly isError?: boolean;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
}

/** A client for each server. */
export function fleetOf(clients: readonly SdkClient[]): Fleet {
  return {
    call: async ({ server, tool, args }: BenchCall) => {
      const client = clients[server];
      if (client === undefined) throw new Error(`no server ${server}`);
      const result: SdkResult = await client.callTool({ name: tool, arguments: { ...args } });
      if (result.isError === true) throw new Error(JSON.stringify(result));
      return result.content?.[0]?.text ?? '';
    },
    tools: async () => {
      const lists = await Promise.all(clients.map((client) => client.listTools()));
      return namesOf(mergeTools(lists.map(({ tools }) => tools)));
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
