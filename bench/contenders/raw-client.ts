/** Hand-written JSON-RPC, the least that a client can do: what no client can beat by much. */
export interface RawClient {
  request(method: string, params: object): Promise<unknown>;
  notify(method: string): void;
  close(): void;
}

export const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'floor', version: '0' },
};
