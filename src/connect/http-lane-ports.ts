import type { Dispatcher } from 'undici';
import type { CallFault } from './call-fault.ts';
import type { HttpFaults } from './http-faults.ts';
import type { RequestHeaders, SessionFacts } from './http-headers.ts';
import type { Credentials } from './oauth/credentials.ts';

/** An address as undici takes it. */
export interface Target {
  readonly url: URL;
  readonly origin: string;
  readonly path: string;
}

export function targetOf(url: URL): Target {
  return { url, origin: url.origin, path: `${url.pathname}${url.search}` };
}

/** What calls beside the SDK need of their transport. */
export interface LanePorts {
  readonly target: Target;
  readonly pool: Dispatcher;
  /** Largest body and largest event, in bytes after decompression. */
  readonly maxMessageBytes: number;
  readonly headers: RequestHeaders;
  /** As it is now. */
  readonly session: () => SessionFacts;
  /** Absent where there are no tokens for the target. */
  readonly credentials: Credentials | undefined;
  readonly faults: HttpFaults;
  /** Something came in response to the call `id`. */
  readonly onmessage: (message: unknown, id: number) => void;
  /** The call `id` has failed. */
  readonly onfault: (id: number, fault: CallFault) => void;
  /** Tells a server of the old era that nobody waits for the call `id` any more. */
  readonly tellWithdrawn: (id: number, reason: string) => Promise<void>;
}
