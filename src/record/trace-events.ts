import * as z from 'zod';
import type { Json } from '../base/json.ts';

/** The lines of a trace as far as its picture needs them. What a line has besides is not looked at; kinds that are not here are left out. */

const at = z.number();
const time = z.number();
const batch = z.number();
const call = { time, batch, id: z.string(), at };
const reason = z.enum([
  'order',
  'model',
  'approval',
  'shared',
  'lock',
  'backoff',
  'slot',
  'rate',
  'connect',
  'answer',
]);
const ran = z.enum(['yes', 'no', 'unknown']);

/** What was parsed from a line is JSON: looking through all of it would only cost time. */
const json = z.custom<Json>((value) => value !== undefined);

const cut = z.array(
  z.object({
    part: z.string(),
    bytes: z.number(),
    shownBytes: z.number(),
    file: z.nullable(z.string()),
  }),
);

const answer = z.object({
  kind: z.enum(['ok', 'tool-error']),
  ran: z.literal('yes'),
  content: z.array(z.looseObject({ type: z.string() })),
  structuredContent: z.exactOptional(json),
  cut: z.exactOptional(cut),
});
const refusal = z.object({ ran, code: z.string(), message: z.string() });
const outcome = z.union([
  answer,
  refusal.extend({ kind: z.enum(['invalid', 'denied']), ran: z.literal('no') }),
  refusal.extend({ kind: z.enum(['timeout', 'cancelled', 'failed']) }),
]);

const record = z.object({
  id: z.string(),
  name: z.string(),
  server: z.nullable(z.string()),
  tool: z.nullable(z.string()),
  arguments: json,
  access: z.nullable(z.string()),
  accessRule: z.nullable(z.string()),
  outcome,
  queuedMs: at,
  startedMs: at,
  endedMs: at,
  attempts: z.number(),
});

const EVENTS = [
  z.object({ kind: z.literal('trace-start'), time, format: z.number() }),
  z.object({
    kind: z.literal('connection-change'),
    time,
    server: z.string(),
    state: z.object({
      kind: z.string(),
      readyMs: z.exactOptional(z.number()),
      protocolVersion: z.exactOptional(z.string()),
      reason: z.exactOptional(z.string()),
    }),
  }),
  z.object({ kind: z.literal('server-notice'), time, server: z.string(), message: z.string() }),
  z.object({ kind: z.literal('turn-start'), time, turn: z.number() }),
  z.object({ kind: z.literal('text-delta'), time, turn: z.number(), text: z.string() }),
  z.object({ kind: z.literal('turn-end'), time, turn: z.number(), finish: z.string() }),
  z.object({ kind: z.literal('batch-start'), time, batch }),
  z.object({
    kind: z.literal('batch-end'),
    time,
    batch,
    report: z.object({ wallMs: at, sumMs: at, longestMs: at, speedup: z.number() }),
  }),
  z.object({
    kind: z.literal('call-queue'),
    ...call,
    index: z.number(),
    name: z.string(),
    server: z.nullable(z.string()),
    tool: z.nullable(z.string()),
  }),
  z.object({ kind: z.literal('call-wait-start'), ...call, reason }),
  z.object({ kind: z.literal('call-wait-end'), ...call, reason }),
  z.object({ kind: z.literal('call-start'), ...call, attempt: z.number() }),
  z.object({ kind: z.literal('call-revise'), ...call }),
  z.object({ kind: z.literal('call-end'), time, batch, index: z.number(), record }),
  z.object({ kind: z.literal('result-cut'), ...call, cut }),
] as const;

const SCHEMA = z.discriminatedUnion('kind', EVENTS);
const KINDS: ReadonlySet<string> = new Set(EVENTS.map(({ shape }) => shape.kind.value));

export type TraceEvent = z.output<typeof SCHEMA>;
export type TraceEventOf<Kind extends TraceEvent['kind']> = Extract<
  TraceEvent,
  { readonly kind: Kind }
>;

/** What a line holds: an event; `undefined` for one of a kind that is not looked at; or what is wrong with it, for people. */
export function readEvent(
  value: unknown,
): { readonly event: TraceEvent | undefined } | { readonly fault: string } {
  const kind: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined;
  if (typeof kind !== 'string') return { fault: 'it has no "kind": it is no event' };
  if (!KINDS.has(kind)) return { event: undefined };
  const parsed = SCHEMA.safeParse(value);
  if (parsed.success) return { event: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  return { fault: `its "${kind}" is not as it is written: ${where}: ${issue?.message ?? ''}` };
}
