import { inspect } from 'node:util';

/**
 * Why something that a developer or a user must fix went wrong. A closed list: code decides on these, never on message text.
 *
 * - `usage`: a wrong argument of a caller or of the command line
 * - `config`: a config file that cannot be read, parsed or accepted
 * - `untrusted`: a config that was only found, and that nobody has trusted yet
 * - `no-server`: no server could be reached
 * - `connect-failed` / `connect-timeout`: one server did not become ready
 * - `connection-lost`: a server went away while it was being used
 * - `protocol`: a server broke the protocol
 * - `too-large`: a message was over a size limit
 * - `model`: the model's endpoint refused, failed or broke off
 * - `aborted`: the caller cancelled
 * - `closed`: the host or the connection is already closed
 * - `internal`: a defect of ours
 */
export type ErrorCode =
  | 'usage'
  | 'config'
  | 'untrusted'
  | 'no-server'
  | 'connect-failed'
  | 'connect-timeout'
  | 'connection-lost'
  | 'protocol'
  | 'too-large'
  | 'model'
  | 'aborted'
  | 'closed'
  | 'internal';

/** The one error class of the host: a stable `code`, a message for people, the cause, and what a program may want to know. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: ErrorCode;
  /** Facts that belong to the code, for programs: a file's line, an exit code, a limit in bytes. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options);
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The only door through which a caught value enters the host: a HostError stays what it is, anything else is wrapped. */
  static from(reason: unknown, code: ErrorCode = 'internal'): HostError {
    if (reason instanceof HostError) return reason;
    const abort = isAbort(reason);
    return new HostError(abort ? 'aborted' : code, describe(reason), { cause: reason });
  }
}

function isAbort(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'AbortError';
}

/** A caught value's message, for people: never empty, and the system's own code (`ENOENT`) is kept where there is one. */
export function describe(reason: unknown): string {
  if (!(reason instanceof Error)) return describeOther(reason);
  const inner = reason.cause instanceof Error ? reason.cause.message : '';
  const outer = reason.message || reason.name;
  return inner !== '' && !outer.includes(inner) ? `${outer}: ${inner}` : outer;
}

/** Anything can be thrown: an object without a prototype has no text of its own. */
function describeOther(reason: unknown): string {
  const text =
    typeof reason === 'string' ? reason : inspect(reason, { depth: 1, breakLength: Infinity });
  return text === '' ? 'no reason given' : text;
}

/** Whether there were too many processes or open files, or too little memory: it will not always be so. */
export function isShortage(reason: unknown): boolean {
  return ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(systemCode(reason) ?? '');
}

/** The `code` of a Node system error (`ENOENT`, `ECONNREFUSED` …), looked for along the chain of causes. */
export function systemCode(reason: unknown): string | undefined {
  let current: unknown = reason;
  for (let depth = 0; current instanceof Error && depth < 8; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current.cause;
  }
  return undefined;
}
