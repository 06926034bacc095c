import type { ToolCall } from '../call/call.ts';
import { ArgumentText } from './argument-text.ts';
import { readFragment, type CallFragment } from './call-fragment.ts';
import type { ModelEvent } from './model.ts';

type CallEvent = Extract<ModelEvent, { kind: 'tool-call' | 'tool-call-revise' }>;

/** One call, as far as it has arrived. */
interface Slot {
  readonly place: number;
  id: string | undefined;
  name: string | undefined;
  readonly text: ArgumentText;
  /** The argument text that was last handed out; `undefined` while the call has not been. */
  told: string | undefined;
  /** Whether a fragment without a name went on with it: then the provider names a call once, where it begins. */
  continuedUnnamed: boolean;
}

/** What one piece of the message touched, in order. */
interface Piece {
  readonly touched: Set<Slot>;
  readonly named: Set<Slot>;
}

/**
 * Puts the calls of one message together from the fragments that real providers stream: index missing, always 0 or counted from 1; id missing, late,
 * repeated, or a new one in every fragment; names empty, repeated or late; whole calls at once; calls interleaved; arguments as an object, replaced,
 * or absent.
 *
 * - A1. Calls are handed out in the order in which they began, each once. Before `finish` only while their arguments are a whole object and
 *   every earlier call has been handed out.
 * - A2. A call that was handed out and reads differently later is revised.
 * - A3. Two calls never become one if the provider gives them different indexes, or different ids, or names both in one piece, or names the second
 *   one after the first one's end. A repeated id at the same index is the same call again.
 */
export class CallAssembler {
  readonly #slots: Slot[] = [];
  /** The call that was touched last, by index, by id, and by both. */
  readonly #latest = new Map<string, Slot>();
  #last: Slot | undefined;
  #handedOut = 0;

  /** Takes the `tool_calls` of one piece of the message; returns what is new. */
  push(entries: unknown): CallEvent[] {
    if (!Array.isArray(entries)) return [];
    const piece: Piece = { touched: new Set(), named: new Set() };
    for (const entry of entries) {
      const fragment = readFragment(entry);
      if (fragment !== undefined) this.#take(fragment, piece);
    }
    const revised = [...piece.touched]
      .filter((slot) => slot.place < this.#handedOut && slot.text.whole !== undefined)
      .flatMap(revision);
    return [...revised, ...this.#handOut()];
  }

  /** The message is over: hands out the rest, whole or not. */
  finish(): CallEvent[] {
    const revised = this.#slots.slice(0, this.#handedOut).flatMap(revision);
    const rest = this.#slots.slice(this.#handedOut).map(handOut);
    this.#handedOut = this.#slots.length;
    return [...revised, ...rest];
  }

  get size(): number {
    return this.#slots.length;
  }

  /** Whether every call has a name and a whole object for its arguments. */
  get isWhole(): boolean {
    return this.#slots.every((slot) => slot.name !== undefined && slot.text.whole !== undefined);
  }

  #take(fragment: CallFragment, piece: Piece): void {
    let slot = this.#find(fragment);
    if (slot === undefined || begins(fragment, slot, piece.named.has(slot))) slot = this.#begin();
    else if (fragment.name === undefined) slot.continuedUnnamed = true;
    slot.id ??= fragment.id;
    slot.name ??= fragment.name;
    slot.text.append(fragment.arguments);
    piece.touched.add(slot);
    if (fragment.name !== undefined) piece.named.add(slot);
    this.#last = slot;
    for (const key of keys(fragment)) this.#latest.set(key, slot);
  }

  #begin(): Slot {
    const slot: Slot = {
      place: this.#slots.length,
      id: undefined,
      name: undefined,
      text: new ArgumentText(),
      told: undefined,
      continuedUnnamed: false,
    };
    this.#slots.push(slot);
    return slot;
  }

  /** The call that a fragment most likely goes on with: that of its id, else the last one of its index. */
  #find(fragment: CallFragment): Slot | undefined {
    const { index, id } = fragment;
    const known = id === undefined ? undefined : this.#latest.get(key(index, id));
    if (known !== undefined) return known;
    return index === undefined ? this.#last : this.#latest.get(key(index, undefined));
  }

  #handOut(): CallEvent[] {
    const events: CallEvent[] = [];
    for (let slot = this.#ready(); slot !== undefined; slot = this.#ready()) {
      events.push(handOut(slot));
      this.#handedOut += 1;
    }
    return events;
  }

  /** The next call to hand out, if it may be (A1). An empty object at the end of what has come may be a placeholder: it waits for what follows. */
  #ready(): Slot | undefined {
    const slot = this.#slots[this.#handedOut];
    const whole = slot?.text.whole;
    if (slot?.name === undefined || whole === undefined) return undefined;
    const isLast = slot.place === this.#slots.length - 1;
    return isLast && EMPTY_OBJECT.test(whole) ? undefined : slot;
  }
}

const EMPTY_OBJECT = /^\s*\{\s*\}$/u;

/** Whether a fragment begins another call, rather than going on with `slot` (A3). */
function begins(fragment: CallFragment, slot: Slot, namedHere: boolean): boolean {
  const { id, name } = fragment;
  // Some providers make up a new id for every fragment: without a name no call begins.
  if (name === undefined) return false;
  const hasOtherId = id !== undefined && slot.id !== undefined && id !== slot.id;
  if (slot.name === undefined) return hasOtherId;
  if (namedHere || name !== slot.name) return true;
  const text = fragment.arguments.trim();
  // The same name in the middle of an object: every fragment repeats it.
  if (slot.text.isPartial && text !== '' && !text.startsWith('{')) return false;
  if (hasOtherId) return true;
  // An id marks where a call begins, so what comes without one goes on with it.
  if (slot.id !== undefined || slot.text.whole === undefined) return false;
  return text !== '' || (id === undefined && slot.continuedUnnamed);
}

function keys(fragment: CallFragment): string[] {
  const { index, id } = fragment;
  const found = [key(index, undefined)];
  if (id !== undefined) found.push(key(index, id), key(undefined, id));
  return found;
}

function key(index: string | undefined, id: string | undefined): string {
  return JSON.stringify([index ?? null, id ?? null]);
}

function handOut(slot: Slot): CallEvent {
  return { kind: 'tool-call', call: tell(slot) };
}

/** The revision of a call that was handed out, if it needs one (A2). */
function revision(slot: Slot): CallEvent[] {
  if (slot.told === slot.text.text) return [];
  return [{ kind: 'tool-call-revise', index: slot.place, call: tell(slot) }];
}

function tell(slot: Slot): ToolCall {
  const text = slot.text.text;
  slot.told = text;
  return {
    ...(slot.id === undefined ? {} : { id: slot.id }),
    name: slot.name ?? '',
    arguments: text,
  };
}
