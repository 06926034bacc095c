import type { ServerId } from '../call/names.ts';
import type { Tool } from '../call/tool.ts';

/** Where a name leads. */
export type Route =
  | { readonly kind: 'tool'; readonly tool: Tool }
  /** The server that owns the name is still connecting: `settled` never rejects; ask again then. */
  | {
      readonly kind: 'pending';
      readonly server: ServerId;
      readonly resource: string;
      readonly settled: Promise<unknown>;
    }
  /** The server that owns the name cannot be used. */
  | { readonly kind: 'unavailable'; readonly server: ServerId; readonly reason: string }
  /** Names that are spelled like it; where its server is known, some that are there; and where it is not, the servers that are. */
  | {
      readonly kind: 'unknown';
      readonly nearest: readonly string[];
      readonly there: readonly string[];
      readonly servers: readonly string[];
    };

/** Finds a call's tool: the executor's view of the host. */
export interface Router {
  route(name: string): Route;
}
