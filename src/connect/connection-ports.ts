import type { Offers } from '../call/asks.ts';
import type { HostEvent } from '../call/events.ts';
import type { Endpoint } from '../config/host-config.ts';
import type { Authorize } from './oauth/ask-person.ts';
import type { RawTool } from './raw-tool.ts';
import type { RestartOptions } from './restart-policy.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a connection needs of its surroundings. */
export interface ConnectionPorts {
  /** The variables that endpoints are expanded with, and the safe part of what a stdio server inherits. */
  readonly env: Environment;
  /** Replaces `${…}` in an endpoint; throws a HostError `config` that names what is unset. */
  readonly expand: (endpoint: Endpoint, env: Environment) => Endpoint;
  /** Receives `connection-change`, also when a server that is ready has listed other tools, and `server-notice`. Must not throw. */
  readonly emit: (event: HostEvent) => void;
  /** Takes secrets out of what is said of a failure: it may quote a server's last words, or what came with an HTTP status. */
  readonly redact: (text: string) => string;
  /** The client's own version, as servers see it. */
  readonly version: string;
  /** What this server may ask for while it works. */
  readonly offers: Offers;
  /** What the server listed in an earlier process. It stands in until the server has listed its tools, or has failed to. Default: nothing. */
  readonly remembered?: readonly RawTool[] | undefined;
  /** Asks a person to allow the access to a server (OAuth). Default: nobody is there. */
  readonly authorize?: Authorize | undefined;
}

export interface ConnectionLimits {
  /** Largest message accepted from the server, in bytes. */
  readonly maxMessageBytes: number;
  /** How a server that went away is brought back. */
  readonly restart?: Partial<RestartOptions>;
}
