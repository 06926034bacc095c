import type { ToolCall } from '../../src/call/call.ts';
import type { Ran } from '../../src/call/outcome.ts';
import type { Tool } from '../../src/call/tool.ts';
import { plainReader, reader, writer } from './scripted-host.ts';

/** Stores with a few records, what calls do to them, and what running calls one by one, without any host, comes to: the judge of all batches. */

/** One call of a random batch: what it does, and what goes wrong with it, every time. */
export interface Step {
  readonly server: 'a' | 'b' | 'c' | 'd';
  /** `get`, `all`: declared reads; `look`: a plain read; `set`: an idempotent write; `append`, `swap`, `append-all`: writes that do not commute. */
  readonly tool: 'get' | 'all' | 'look' | 'set' | 'append' | 'swap' | 'append-all';
  readonly key: 'x' | 'y' | 'z';
  readonly to: 'x' | 'y' | 'z';
  readonly value: string;
  /** Attempts that fail before they run, then attempts that run without an answer. */
  readonly failsBefore: number;
  readonly failsAfter: number;
  /** A bad call, one that is denied, one about which a person is asked. */
  readonly twist: 'none' | 'bad' | 'denied' | 'asked';
  /** Of a read: the same for all steps that say so, so that they may share a send. */
  readonly shareable: boolean;
}

/** After `after` more calls (counted from 0), the call at `index` becomes this step. */
export interface Revision {
  readonly after: number;
  readonly index: number;
  readonly step: Step;
}

/** `c` and `d` are two servers over one store. */
export const RESOURCES = { a: 'a', b: 'b', c: 'shared', d: 'shared' } as const;
export const SERVERS = ['a', 'b', 'c', 'd'] as const;
const MAX_ATTEMPTS = 3;

/** By resource and record. */
export type State = Map<string, Record<string, string>>;

export function freshState(): State {
  return new Map(['a', 'b', 'shared'].map((resource) => [resource, { x: '', y: '', z: '' }]));
}

/** What a tool does to its store, and what it answers. */
export function apply(
  state: State,
  tool: string,
  { server, key, to, value }: Pick<Step, 'server' | 'key' | 'to' | 'value'>,
): string {
  const records = state.get(RESOURCES[server]) ?? {};
  switch (tool) {
    case 'set':
      records[key] = value;
      return value;
    case 'append':
      return (records[key] += value);
    case 'swap':
      [records[key], records[to]] = [records[to] ?? '', records[key] ?? ''];
      return JSON.stringify([records[key], records[to]]);
    case 'append-all':
      for (const record of Object.keys(records)) records[record] += value;
      return JSON.stringify(records);
    case 'all':
      return JSON.stringify(records);
    default:
      return records[key] ?? '';
  }
}

export function storeTools(): readonly Tool[] {
  return SERVERS.flatMap((server) => {
    const common = { server, resource: RESOURCES[server] };
    return [
      reader('get', { ...common, keys: ['key'] }),
      reader('all', common),
      plainReader('look', { ...common, keys: ['key'] }),
      writer('set', { ...common, keys: ['key'], declaredIdempotent: true }),
      writer('append', { ...common, keys: ['key'] }),
      writer('swap', { ...common, keys: ['key', 'to'] }),
      writer('append-all', common),
    ];
  });
}

/** Runs one step, with all of its attempts, and tells what its call is told. */
export function runAlone(state: State, step: Step): string {
  if (step.twist === 'bad') return 'invalid';
  if (step.twist === 'denied') return 'denied';
  const repeatable = ['get', 'all', 'set'].includes(step.tool);
  let ran: Ran = 'no';
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (attempt <= step.failsBefore) continue;
    const text = apply(state, step.tool, step);
    if (attempt > step.failsBefore + step.failsAfter) return `ok ${text}`;
    ran = 'unknown';
    if (!repeatable) break;
  }
  return `failed ${ran}`;
}

/** State and results, line by line, so that they can be compared and told. */
export type Effect = readonly string[];

export function effectOf(state: State, steps: readonly Step[], results: readonly string[]): Effect {
  const calls = results.map(
    (result, index) => `call ${index}, ${titleOf(steps[index])}: ${result}`,
  );
  const stores = [...state].map(([store, records]) => `store ${store}: ${JSON.stringify(records)}`);
  return [...calls, ...stores];
}

/** What running the steps one by one, in order, does: no host, no concurrency. */
export function serially(steps: readonly Step[]): Effect {
  const state = freshState();
  const results = steps.map((step) => runAlone(state, step));
  return effectOf(state, steps, results);
}

/** The lines of an effect that should have been others. */
export function differences(effect: Effect, wanted: Effect): readonly string[] {
  return wanted.flatMap((line, index) =>
    effect[index] === line
      ? []
      : [`${effect[index] ?? 'nothing'}\n    and not ${line.slice(line.indexOf(': ') + 2)}`],
  );
}

/** What the message says in the end. */
export function finalSteps(
  steps: readonly Step[],
  revisions: readonly Revision[],
): readonly Step[] {
  const final = [...steps];
  for (const [after] of steps.entries()) {
    for (const revision of revisions) {
      if (revision.after === after) final[revision.index] = revision.step;
    }
  }
  return final;
}

/**
 * The step as a call. `nonce` tells the server which call it is, for the failures that are fixed for it; steps that may share a send have one in common,
 * and then what they fail with must not depend on how often that is sent: see the generator.
 */
export function toCall(step: Step, batch: number, nonce: string): ToolCall {
  const shareable = step.shareable && (step.tool === 'get' || step.tool === 'all');
  const { value: _, shareable: __, ...rest } = step;
  const args = shareable
    ? { ...rest, nonce: `${batch} ${JSON.stringify(rest)}` }
    : { ...step, nonce: `${batch} ${nonce}` };
  const name =
    step.twist === 'bad' && step.value === '0' ? 'nobody' : `${step.server}__${step.tool}`;
  return { name, arguments: step.twist === 'bad' ? '{' : { ...args } };
}

function titleOf(step: Step | undefined): string {
  if (step === undefined) return 'no step';
  const { server, tool, key, to, value } = step;
  switch (tool) {
    case 'get':
    case 'look':
      return `${server} ${tool} ${key}`;
    case 'set':
    case 'append':
      return `${server} ${tool} ${key} ${value}`;
    case 'swap':
      return `${server} ${tool} ${key} ${to}`;
    case 'append-all':
      return `${server} ${tool} ${value}`;
    case 'all':
      return `${server} ${tool}`;
  }
}
