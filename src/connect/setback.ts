import type { HostError } from '../base/errors.ts';
import type { Endpoint } from '../config/host-config.ts';
import { CallFault } from './call-fault.ts';
import type { Restart, RestartOptions, SetbackKind } from './restart-policy.ts';

/** What kind of loss a failure was. */
export function setbackKind(
  failure: HostError,
  endpoint: Endpoint,
  wasReady: boolean,
): SetbackKind {
  if (failure instanceof CallFault && failure.fault === 'session-lost') return 'session';
  return wasReady || endpoint.kind === 'stdio' ? 'crash' : 'unreachable';
}

/** Whether a server that failed to start, or to be reached, may do better by itself another time. */
export function mayPassByItself(failure: HostError): boolean {
  return failure.code === 'connect-timeout' || failure.details['passing'] === true;
}

type Redact = (text: string) => string;

/** What is said of a failure, and what to do about it where the failure knows. */
export function failureWords(
  failure: HostError,
  redact: Redact,
): {
  readonly reason: string;
  readonly hint?: string;
} {
  const { hint } = failure.details;
  return { reason: redact(failure.message), ...(typeof hint === 'string' && { hint }) };
}

/** What is said of a server that is away; of one that is left alone also how often it went away, and what to do. */
export function setbackWords(
  failure: HostError,
  restart: Restart,
  facts: { readonly endpoint: Endpoint; readonly options: RestartOptions; readonly redact: Redact },
): { readonly reason: string; readonly hint?: string } {
  const { endpoint, options, redact } = facts;
  const words = failureWords(failure, redact);
  if (restart.kind === 'retry') return words;
  const uptime = seconds(options.minUptimeMs);
  const look =
    endpoint.kind === 'stdio'
      ? 'run its command by itself to see why'
      : "look at the server's own log to see why";
  return {
    reason: `${words.reason} It went away, or did not become ready, ${restart.setbacks} times in a row without being well for ${uptime} in between: it is left alone for ${seconds(options.restMs)}.`,
    hint: `${look}; it is tried again by itself after that, or ${uptime} from now when a call needs it`,
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
