import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { deferred } from '../../src/base/deferred.ts';
import type { HostError } from '../../src/base/errors.ts';
import type { Posted, PostedRequest, WireTransport } from '../../src/connect/wire-transport.ts';

/** A transport whose other end is the test. */
export class HandTransport implements WireTransport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onfault: WireTransport['onfault'];
  onstream: WireTransport['onstream'];
  readonly ended = deferred<HostError>().promise;
  readonly settledIds: (string | number)[] = [];
  readonly posted: PostedRequest[] = [];
  readonly withdrawn: number[] = [];
  /** Whether what is posted leaves at once. */
  leaves = true;

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  settled(id: string | number): void {
    this.settledIds.push(id);
  }

  post(request: PostedRequest): Posted {
    this.posted.push(request);
    return {
      withdraw: () => {
        this.withdrawn.push(request.id);
        return this.leaves;
      },
    };
  }

  receive(message: unknown): void {
    this.onmessage?.(message as JSONRPCMessage);
  }
}
