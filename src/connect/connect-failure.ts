import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { describe, HostError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import { faultOf } from './call-outcome.ts';
import { adviceFor, bodyWords } from './http-status.ts';
import { isNeverConnected, networkWords } from './network-error.ts';

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
  const text = words(reason, context);
  return new HostError('connect-failed', text, { cause: reason });
}

function words(reason: unknown, context: ConnectContext): string {
  const { server, address } = context;
  const who = `server "${server}"${address === undefined ? '' : ` at ${address}`}`;
  if (context.ended !== undefined) {
    return `${context.ended.message} It had not become ready: ${PHASES[context.phase]}. Run its command by itself to see more.`;
  }
  const fault = faultOf(reason);
  if (fault !== undefined) return `${fault.message} (while connecting: ${PHASES[context.phase]})`;
  if (reason instanceof SdkHttpError) {
    const { status, text } = reason.data;
    return `${who} answered HTTP ${status}${adviceFor(status)}.${bodyWords(typeof text === 'string' ? text : '')}`;
  }
  if (reason instanceof UnauthorizedError) return `${who} answered HTTP 401${adviceFor(401)}.`;
  if (reason instanceof ProtocolError) {
    return `${who} refused to connect: ${visibleLine(reason.message)} (${reason.code}). Ask its maker, or try "protocol": "legacy" in the config.`;
  }
  const cause = rootCause(reason);
  if (isNeverConnected(cause))
    return `${who} could not be reached: ${networkWords(cause)}. Is it running, and is "url" right?`;
  if (
    reason instanceof SdkError &&
    reason.code === SdkErrorCode.EraNegotiationFailed &&
    reason.cause === undefined
  ) {
    return `${who}: ${visibleLine(reason.message, 300)}. With "protocol": "auto" in the config an older server is accepted, too.`;
  }
  const hint =
    address === undefined
      ? ''
      : ' Check "url" in the config: it must be the address of an MCP endpoint.';
  return `${who} could not be connected to: ${visibleLine(describe(reason), 300)}.${hint}`;
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
  facts: { readonly ms: number; readonly received: number; readonly process: string | undefined },
): HostError {
  const { server, phase } = context;
  const did =
    phase === 'start'
      ? 'its process did not start'
      : phase === 'handshake'
        ? 'it did not answer the first message'
        : 'it did not finish listing its tools';
  const silent =
    facts.received === 0 && phase !== 'start' ? ', and has sent no message at all' : '';
  const process = facts.process === undefined ? '' : ` When it was given up, ${facts.process}`;
  return new HostError(
    'connect-timeout',
    `server "${server}" was not ready within ${facts.ms} ms (mcpServers.${server}.timeouts.connectMs): ${did}${silent}.${process} If it only needs longer, raise that limit.`,
    { details: { connectMs: facts.ms } },
  );
}
