import type { JsonObject } from '../src/index.ts';

/** What the suite tells the client in MCP_CONFORMANCE_CONTEXT, as far as it is used here. */
export interface Context {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonObject }[];
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
  readonly signing_algorithm?: string;
  readonly issuer?: string;
  /** The name of the scenario. */
  readonly name?: string;
}
