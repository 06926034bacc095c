import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { describe, type HostError } from '../base/errors.ts';
import { isJsonObject, type Json } from '../base/json.ts';
import { compileSchema } from '../base/json-schema.ts';
import { visibleLine } from '../base/visible.ts';
import type { Stop } from '../call/call-life.ts';
import type { ContentBlock, Outcome } from '../call/outcome.ts';
import { stopped } from '../call/scope.ts';
import { CallFault, failed } from './call-fault.ts';
import type { CallInFlight } from './call-in-flight.ts';
import type { RawTool } from './raw-tool.ts';
import { rpcErrorRan } from './rpc-error.ts';
import type { Notify } from './wire-transport.ts';

/** How much of a server's error message is passed on, in characters. */
const MAX_MESSAGE_CHARS = 2_000;

/** The outcome of a call by what the server answered, its structured content checked against the tool's own schema. */
export function answerOutcome(
  result: unknown,
  tool: { readonly server: string; readonly name: string; readonly raw: RawTool | undefined },
  notify: Notify,
): Outcome {
  const { server, raw } = tool;
  if (!isJsonObject(result) || !Array.isArray(result['content'])) {
    return failed(
      'invalid-result',
      `server "${server}" answered the call of ${visibleLine(tool.name, 100)} with something that is no tool result`,
      'yes',
    );
  }
  // The wire guard has checked each block.
  const content = result['content'] as readonly ContentBlock[];
  const structuredContent: Json | undefined = result['structuredContent'];
  const kind = result['isError'] === true ? 'tool-error' : 'ok';
  const answer: Outcome =
    structuredContent === undefined
      ? { kind, ran: 'yes', content }
      : { kind, ran: 'yes', content, structuredContent };
  if (kind === 'tool-error' || raw?.outputSchema === undefined) return answer;
  const name = visibleLine(tool.name, 100);
  if (structuredContent === undefined) {
    if (content.length === 0) {
      return failed(
        'invalid-result',
        `server "${server}" answered the call of ${name} with nothing, though the tool promises structured content`,
        'yes',
      );
    }
    notify(
      `no-structured-content:${name}`,
      `its tool ${name} promises structured content and does not send it: its other content is used`,
    );
    return answer;
  }
  const fault = schemaFault(raw.outputSchema, structuredContent, (reason) => {
    notify(
      `output-schema:${name}`,
      `the results of its tool ${name} are not checked: its outputSchema cannot be used: ${visibleLine(reason)}`,
    );
  });
  if (fault === undefined) return answer;
  return failed(
    'invalid-result',
    `server "${server}" answered the call of ${name} with structured content that breaks the tool's own outputSchema: ${fault}`,
    'yes',
  );
}

function schemaFault(
  schema: unknown,
  value: unknown,
  onUnusable: (reason: string) => void,
): string | undefined {
  const compiled = compileSchema(schema);
  if (compiled.kind === 'unusable') {
    onUnusable(compiled.reason);
    return undefined;
  }
  const verdict = compiled.validate(value);
  if (verdict.valid) return undefined;
  const told = verdict.errors
    .slice(0, 3)
    .map(
      ({ path, message }) =>
        `${path === '' ? 'the whole' : visibleLine(path, 100)}: ${visibleLine(message)}`,
    );
  return told.join('; ');
}

/** What is known of the connection when a request on it failed. */
export interface FailureContext {
  readonly server: string;
  readonly stop: Stop;
  /** Why the connection ended, when it has. */
  readonly ended: HostError | undefined;
  /** Why the host does not offer what the server says that it needs; `""` where there is nothing to say. */
  readonly explain: (required: unknown) => string;
}

/** The protocol's error for a request that needs something of the client which that has not declared. */
const MISSING_CAPABILITY = -32_021;

/** The outcome of a call whose request was rejected. */
export function failureOutcome(reason: unknown, context: FailureContext): Outcome {
  const fault = faultOf(reason);
  const { cancellation } = context.stop;
  if (cancellation !== undefined) return stopped(cancellation, fault?.ran ?? 'unknown');
  if (context.ended?.code === 'closed') {
    const message = `${context.ended.message} while the call was in flight`;
    return { kind: 'cancelled', code: 'host-closed', message, ran: fault?.ran ?? 'unknown' };
  }
  if (fault !== undefined) {
    const { ran, retryAfterMs } = fault;
    return {
      kind: 'failed',
      code: fault.fault,
      message: fault.message,
      ran,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
  const who = `server "${context.server}"`;
  if (reason instanceof ProtocolError) {
    const said = visibleLine(reason.message, MAX_MESSAGE_CHARS);
    const told = `${who} answered with an error: ${said} (${reason.code})`;
    const why = reason.code === MISSING_CAPABILITY ? context.explain(requiredBy(reason)) : '';
    return failed(
      'server-error',
      why === '' ? told : `${told}. This host does not offer it: ${why}`,
      rpcErrorRan(reason.code),
    );
  }
  if (reason instanceof SdkError) {
    if (reason.code === SdkErrorCode.InvalidResult) {
      return failed(
        'invalid-result',
        `${who} answered with something that is no tool result: ${visibleLine(reason.message)}`,
        'yes',
      );
    }
    if (reason.code === SdkErrorCode.UnsupportedResultType) {
      return failed(
        'unsupported-result',
        `${who} asks for something that this host does not offer yet: ${visibleLine(reason.message)}`,
        'unknown',
      );
    }
  }
  if (context.ended !== undefined) {
    return failed('connection-lost', context.ended.message, 'unknown');
  }
  return failed(
    'internal',
    `the call of ${who} failed: ${visibleLine(describe(reason))}`,
    'unknown',
  );
}

/** A server that was refused something says only that it could not go on: why, this host knows better. */
export function withRefusals(outcome: Outcome, call: CallInFlight): Outcome {
  const { refusals } = call;
  if (refusals.length === 0) return outcome;
  const why = `This host refused what the server asked for: ${visibleLine(refusals.join('; '), 500)}`;
  if (outcome.kind === 'tool-error') {
    return { ...outcome, content: [...outcome.content, { type: 'text', text: `[${why}]` }] };
  }
  const isServers = outcome.kind === 'failed' && outcome.code === 'server-error';
  return isServers ? { ...outcome, message: `${outcome.message}. ${why}` } : outcome;
}

function requiredBy({ data }: ProtocolError): unknown {
  return isJsonObject(data) ? data['requiredCapabilities'] : undefined;
}

/** The fault in a rejected request: itself, or in the made-up error of the wire guard. */
export function faultOf(reason: unknown): CallFault | undefined {
  if (reason instanceof CallFault) return reason;
  return reason instanceof ProtocolError && reason.data instanceof CallFault
    ? reason.data
    : undefined;
}
