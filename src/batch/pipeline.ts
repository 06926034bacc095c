/**
 * The product on one screen: every tool call, whoever made it, goes through these links, outermost first. There is no other way to a server.
 *
 *     observe ▸ cap ▸ order ▸ hold ▸ approve ▸ dedupe ▸ exclude ▸ retry ▸ reach ▸ limit ▸ deadline ▸ send
 *
 * The order of the links keeps the invariants. They are cited by number where they are kept.
 *
 * - B1. Every call ends in exactly one `Outcome`; links never throw.
 * - B2. `order` orders one batch: its tickets are reserved synchronously, in call order, all resources of a call at once, so conflicting calls run in the
 *   model's order. `exclude` keeps batches (and clients) apart: just before sending, a call takes host-wide locks on the same resources, all at once, first
 *   come, first served, kept through its retries. Nothing that waits for a person or for the model's stream holds a host-wide lock; no deadlock is possible. (A call
 *   whose server asks a person in the middle of it has begun: it keeps its lock and its slot.)
 * - B3. `order` is outside `dedupe`: a read never shares a result older than a write before it. Sharing never crosses batches; a shared send is cancelled
 *   only when all its callers are.
 * - B4. `cap`, `order`, `hold`, `approve`, `exclude`, `retry`, `reach` are outside `limit`: waiting (also for a server that is away), asking, backing off
 *   and keeping what is too large hold no slot.
 * - B5. Only a call that is known not to have run, or that is declared idempotent or read-only, is ever sent twice. The rounds of one input-required exchange are one call.
 * - B6. Outcomes are returned in call order whatever the completion order; each call id gets exactly one.
 * - B7. One scope per call, kept in its batch's set and retired at the end (its `AbortSignal` exists only once read); closing the host awaits all of them.
 * - B8. A call that is not declared read-only is not sent before the model's message is complete (`hold`): a stream that breaks half-way leaves no half batch
 *   of writes. Declared reads start as soon as their own arguments are a closed JSON object, in prefix order. A read whose call was revised is dropped and
 *   run again, with whatever depends on it. A message that ends truncated runs no write.
 */
import { Alarms } from '../base/alarms.ts';
import type { BackoffOptions } from '../base/backoff.ts';
import type { LockTable } from '../base/locks.ts';
import type { Lane } from '../base/slots.ts';
import { chain, type Caller, type Link } from '../call/link.ts';
import type { Tool } from '../call/tool.ts';
import type { ServerConfig } from '../config/host-config.ts';
import { approve } from '../links/approve.ts';
import { cap } from '../links/cap.ts';
import { deadline } from '../links/deadline.ts';
import { dedupe } from '../links/dedupe.ts';
import { exclude } from '../links/exclude.ts';
import { hold } from '../links/hold.ts';
import { limit } from '../links/limit.ts';
import { observe } from '../links/observe.ts';
import { order } from '../links/order.ts';
import { reach, type Recovery } from '../links/reach.ts';
import { retry } from '../links/retry.ts';
import { send, type CallTool } from '../links/send.ts';

/** What the links of all tools share. */
export interface PipelineParts {
  readonly locks: LockTable;
  /** The server's share of the slots. */
  readonly lane: Lane;
  readonly callTool: CallTool;
  /** Absent where servers do not go away. */
  readonly recovery?: Recovery;
  /** How long to wait before a repetition; for tests. */
  readonly backoff?: BackoffOptions;
}

/** Attempts of a call that may be repeated, the first included. */
const MAX_ATTEMPTS = 3;

/** Composes one tool's chain: once, when the catalogue changes. Links that the tool does not need are left out of it. */
export function pipeline(tool: Tool, server: ServerConfig, parts: PipelineParts): Caller {
  const { queueMs, attemptMs, idleMs } = server.timeouts;
  const ownTotalMs = server.tools.get(tool.name)?.timeoutMs;
  const totalMs = ownTotalMs ?? server.timeouts.totalMs;
  const setting = (code: string): string =>
    code === 'totalMs' && ownTotalMs !== undefined
      ? `mcpServers.${server.id}.tools.${tool.name}.timeoutMs`
      : `mcpServers.${server.id}.timeouts.${code}`;
  const queue = { queueMs, setting: setting('queueMs'), row: new Alarms(queueMs) };
  const links: readonly (Link | undefined)[] = [
    observe(),
    cap(),
    order(),
    tool.declaredReadOnly ? undefined : hold(),
    approve(),
    tool.declaredReadOnly ? dedupe() : undefined,
    tool.claims ? exclude(parts.locks, queue) : undefined,
    retry({
      maxAttempts: MAX_ATTEMPTS,
      totalMs,
      totalSetting: setting('totalMs'),
      backoff: parts.backoff ?? {},
    }),
    parts.recovery === undefined ? undefined : reach(parts.recovery),
    limit(parts.lane, queue),
    deadline({ attemptMs, idleMs, totalMs, setting }),
  ];
  return chain(
    links.filter((link) => link !== undefined),
    send(parts.callTool),
  );
}
