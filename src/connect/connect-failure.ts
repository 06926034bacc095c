import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SseError,
  UnauthorizedError,
  UnsupportedProtocolVersionError,
} from '@modelcontextprotocol/client';
import { describe, HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { CallFaultCode } from './call-fault.ts';
import { faultOf } from './call-outcome.ts';
import { adviceFor, bodyWords } from './http-status.ts';
import { MODERN } from './negotiation-mode.ts';
import { isBrokenConnection, isNeverConnected, networkWords } from './network-error.ts';

/** How far a connection came. */
export type ConnectPhase = 'start' | 'handshake' | 'listing';

export interface ConnectContext {
  readonly server: string;
  readonly phase: ConnectPhase;
  /** The address of an HTTP server, without its query and credentials. */
  readonly address: string | undefined;
  /** Why the connection ended by itself, if it did. */
  readonly ended: HostError | undefined;
}

/** Why a server did not become ready, as one paragraph for people that says what to do. */
export function connectFailure(reason: unknown, context: ConnectContext): HostError {
  // These say it all already.
  if (
    reason instanceof HostError &&
    (reason.code === 'connect-failed' ||
      reason.code === 'connect-timeout' ||
      reason.code === 'closed')
  ) {
    return reason;
  }
  const { text, passing } = explain(reason, context);
  return new HostError('connect-failed', text, { cause: reason, details: { passing } });
}

/** Statuses by which a server, or something before it, says that it cannot serve now. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const PASSING_FAULTS: ReadonlySet<CallFaultCode> = new Set([
  'connection-lost',
  'session-lost',
  'stream-ended',
  'rate-limited',
  'http-outage',
]);

/** The status by which the HTTP server refused, if that is what went wrong. */
export function refusedStatus(reason: unknown): number | undefined {
  if (reason instanceof UnauthorizedError) return 401;
  if (reason instanceof InsufficientScopeError) return 403;
  if (reason instanceof SdkHttpError) return reason.data.status;
  return reason instanceof SseError ? reason.code : undefined;
}

/** Whether a server refused a version of the protocol, and knows one of the new era. */
export function isOfNewEra(reason: unknown): boolean {
  return versionsIn(reason).some((version) => VERSION.test(version) && version >= MODERN);
}

const VERSION = /^\d{4}-\d\d-\d\d$/u;

/** The versions of the protocol that a server knows, where it refused ours. The SDK takes any list for one of texts. */
function versionsIn(reason: unknown): readonly string[] {
  if (!(reason instanceof UnsupportedProtocolVersionError)) return [];
  const versions: readonly unknown[] = reason.supported;
  return versions.filter((version) => typeof version === 'string');
}

interface Explanation {
  readonly text: string;
  /** Whether it may do better by itself another time. */
  readonly passing: boolean;
}

function explain(reason: unknown, context: ConnectContext): Explanation {
  const { server, address } = context;
  const who = `server "${server}"${address === undefined ? '' : `: ${address}`}`;
  if (context.ended !== undefined) {
    const text = `${context.ended.message} It had not become ready: ${PHASES[context.phase]}. Run its command by itself to see more.`;
    return { text, passing: true };
  }
  const fault = faultOf(reason);
  if (fault !== undefined) {
    const text = `${fault.message} (while connecting: ${PHASES[context.phase]})`;
    const passing = PASSING_FAULTS.has(fault.fault);
    return { text, passing };
  }
  const status = refusedStatus(reason);
  if (status !== undefined) {
    const body: unknown = reason instanceof SdkHttpError ? reason.data['text'] : undefined;
    const text = `${who} answered HTTP ${status}${adviceFor(status)}.${bodyWords(typeof body === 'string' ? body : '')}`;
    return { text, passing: PASSING_STATUSES.has(status) };
  }
  if (reason instanceof ProtocolError) {
    const spoken = versionsIn(reason);
    const known = spoken.length === 0 ? '' : ` It knows: ${visibleLine(spoken.join(', '))}.`;
    const text = `${who} refused to connect: ${visibleLine(reason.message)} (${reason.code}).${known} Ask its maker, or try another "protocol" in the config ("auto", "legacy", "modern").`;
    return { text, passing: false };
  }
  const cause = rootCause(reason);
  if (isNeverConnected(cause)) {
    const text = `${who} could not be reached: ${networkWords(cause)}. Is it running, and is "url" right?`;
    return { text, passing: true };
  }
  if (
    reason instanceof SdkError &&
    reason.code === SdkErrorCode.EraNegotiationFailed &&
    reason.cause === undefined
  ) {
    const text = `${who}: ${visibleLine(reason.message, 300)}. With "protocol": "auto" in the config an older server is accepted, too.`;
    return { text, passing: false };
  }
  const hint =
    address === undefined
      ? ''
      : ' Check "url" in the config: it must be the address of an MCP endpoint.';
  const text = `${who} could not be connected to: ${visibleLine(describe(reason), 300)}.${hint}`;
  return { text, passing: isBrokenConnection(cause) };
}

const PHASES: Record<ConnectPhase, string> = {
  start: 'it was being started',
  handshake: 'the first message was not answered',
  listing: 'its tools were being listed',
};

function rootCause(reason: unknown): unknown {
  let current = reason;
  for (
    let depth = 0;
    current instanceof Error && current.cause !== undefined && depth < 8;
    depth += 1
  )
    current = current.cause;
  return current;
}

/** Why a server that took too long was given up. */
export function connectTimeout(
  context: ConnectContext,
  facts: {
    readonly ms: number;
    readonly received: number;
    /** Lines on stdout that were no message. */
    readonly junkLines: number;
    readonly process: string | undefined;
  },
): HostError {
  const { server, phase } = context;
  const did =
    phase === 'start'
      ? 'its process did not start'
      : phase === 'handshake'
        ? 'it did not answer the first message'
        : 'it did not finish listing its tools';
  const junk =
    facts.junkLines === 0
      ? ''
      : `it writes to stdout what is no message (${facts.junkLines} ${facts.junkLines === 1 ? 'line' : 'lines'}; its logs belong on stderr), and `;
  const silent =
    facts.received === 0 && phase !== 'start' ? ', and has sent no message at all' : '';
  const process = facts.process === undefined ? '' : ` When it was given up, ${facts.process}`;
  return new HostError(
    'connect-timeout',
    `server "${server}" was not ready within ${facts.ms} ms (mcpServers.${server}.timeouts.connectMs): ${junk}${did}${silent}.${process} If it only needs longer, raise that limit.`,
    { details: { connectMs: facts.ms } },
  );
}
