import type { JsonObject } from '../base/json.ts';
import type { ToolCall } from '../call/call.ts';
import { isObjectText } from './argument-text.ts';
import { argumentsIn, textIn } from './loose.ts';
import type { ModelEvent } from './model.ts';

type CallEvent = Extract<ModelEvent, { kind: 'tool-call' | 'tool-call-revise' }>;

/** How an event says which output item it is about. */
export interface ItemReference {
  readonly id: string | undefined;
  readonly index: number | undefined;
}

/** One call, as far as it has arrived. */
interface Slot {
  readonly place: number;
  /** As it began. */
  readonly reference: ItemReference;
  callId: string | undefined;
  name: string | undefined;
  pieces: string[];
  /** `sealed`: the endpoint has said that its arguments are complete; `done`: that the whole item is. */
  stage: 'open' | 'sealed' | 'done';
  /** The endpoint has said itself that it broke off in the middle. */
  isCut: boolean;
  /** What was last handed out; `undefined` while nothing has been. */
  told: string | undefined;
}

/**
 * Puts the function calls of one response together. The API says where a call begins and ends; what endpoints get wrong are the references: ids that
 * differ from event to event, indexes that are all 0, `added` events that never come, `done` events with other arguments than those that were streamed.
 *
 * - R1. Calls are handed out in the order in which they began, each once; before `finish` only when the endpoint has sealed them and every
 *   earlier one has been handed out.
 * - R2. A call that was handed out and reads differently later is revised.
 * - R3. `added` begins a call. So does an item that is `done` and cannot be one that has begun.
 */
export class ResponseCalls {
  readonly #slots: Slot[] = [];
  /** The call that began last, by item id and by index. */
  readonly #latestOfId = new Map<string, Slot>();
  readonly #latestAt = new Map<number, Slot>();
  #handedOut = 0;

  get size(): number {
    return this.#slots.length;
  }

  /** Whether every call has a name, and arguments that the endpoint has sealed and that are an object, or none. */
  get isWhole(): boolean {
    return this.#slots.every(
      (slot) =>
        slot.stage !== 'open' && !slot.isCut && slot.name !== undefined && isComplete(textOf(slot)),
    );
  }

  /** Whether the endpoint itself calls one of them incomplete. */
  get isCut(): boolean {
    return this.#slots.some(({ isCut }) => isCut);
  }

  /** `response.output_item.added` with a function call. */
  added(reference: ItemReference, item: JsonObject): CallEvent[] {
    const known = this.#byId(reference.id);
    const isSame = known?.stage === 'open' && known.reference.index === reference.index;
    const slot = isSame ? known : this.#begin(reference);
    this.#fill(slot, item);
    return [];
  }

  /** `response.function_call_arguments.delta`. Arguments that go on after their end are new ones. */
  delta(reference: ItemReference, text: string): CallEvent[] {
    const slot = this.#find(reference) ?? this.#begin(reference);
    if (slot.stage !== 'open') slot.pieces = [];
    slot.stage = 'open';
    slot.pieces.push(text);
    return [];
  }

  /** `response.function_call_arguments.done`. */
  sealed(reference: ItemReference, event: JsonObject): CallEvent[] {
    const slot = this.#find(reference) ?? this.#begin(reference);
    this.#fill(slot, event);
    if (slot.stage === 'open') slot.stage = 'sealed';
    return this.#tell(slot);
  }

  /** `response.output_item.done` with a function call; returns its place among the calls, too. */
  done(
    reference: ItemReference,
    item: JsonObject,
  ): { readonly place: number; readonly events: CallEvent[] } {
    const slot = this.#openOne(reference, textIn(item['call_id'])) ?? this.#begin(reference);
    return { place: slot.place, events: this.#close(slot, item) };
  }

  /**
   * The function calls of the finished response, which count, whatever came before. Returns their places. A call that was streamed and is not among
   * them stays: some endpoints finish with an empty list.
   */
  settle(items: readonly JsonObject[]): {
    readonly places: number[];
    readonly events: CallEvent[];
  } {
    const left = new Left(this.#slots);
    const streamed = items.length === this.#slots.length ? [...this.#slots] : [];
    const events: CallEvent[] = [];
    const places = items.map((item, at) => {
      const id = textIn(item['id']);
      const slot =
        left.take(this.#byId(id)) ??
        left.takeByCallId(textIn(item['call_id'])) ??
        left.take(streamed[at]) ??
        this.#begin({ id, index: undefined });
      events.push(...this.#close(slot, item));
      return slot.place;
    });
    return { places, events };
  }

  /** The message is over: hands out the rest, whole or not. */
  finish(): CallEvent[] {
    const revised = this.#slots.slice(0, this.#handedOut).flatMap(revision);
    const rest = this.#slots.slice(this.#handedOut).map(handOut);
    this.#handedOut = this.#slots.length;
    return [...revised, ...rest];
  }

  #begin(reference: ItemReference): Slot {
    const slot: Slot = {
      place: this.#slots.length,
      reference,
      callId: undefined,
      name: undefined,
      pieces: [],
      stage: 'open',
      isCut: false,
      told: undefined,
    };
    this.#slots.push(slot);
    if (reference.id !== undefined) this.#latestOfId.set(reference.id, slot);
    if (reference.index !== undefined) this.#latestAt.set(reference.index, slot);
    return slot;
  }

  /** The call an event is about: that of its id, else the last one of its index, else the last one. */
  #find({ id, index }: ItemReference): Slot | undefined {
    const known = this.#byId(id);
    if (known !== undefined) return known;
    return index === undefined ? this.#slots.at(-1) : this.#latestAt.get(index);
  }

  #byId(id: string | undefined): Slot | undefined {
    return id === undefined ? undefined : this.#latestOfId.get(id);
  }

  /** The call that an item is the end of; an index alone does not make it one that has ended, or that has another id (R3). */
  #openOne(reference: ItemReference, callId: string | undefined): Slot | undefined {
    const known = this.#byId(reference.id);
    if (known !== undefined) return known;
    const slot = this.#find(reference);
    const isOther = callId !== undefined && slot?.callId !== undefined && slot.callId !== callId;
    return slot?.stage === 'done' || isOther ? undefined : slot;
  }

  #close(slot: Slot, item: JsonObject): CallEvent[] {
    this.#fill(slot, item);
    slot.stage = 'done';
    slot.isCut = item['status'] === 'incomplete';
    return this.#tell(slot);
  }

  /** Takes what an item or an event says of a call; what it leaves empty stays as it is. */
  #fill(slot: Slot, from: JsonObject): void {
    slot.callId = textIn(from['call_id']) ?? slot.callId;
    slot.name = textIn(from['name']) ?? slot.name;
    const given = argumentsIn(from['arguments']);
    if (given !== '') slot.pieces = [given];
  }

  /** What is new once a call was sealed: a revision of it, or whatever may be handed out now. */
  #tell(slot: Slot): CallEvent[] {
    if (slot.place < this.#handedOut) return revision(slot);
    const events: CallEvent[] = [];
    for (let next = this.#ready(); next !== undefined; next = this.#ready()) {
      events.push(handOut(next));
      this.#handedOut += 1;
    }
    return events;
  }

  /** The next call to hand out, if it may be (R1). */
  #ready(): Slot | undefined {
    const slot = this.#slots[this.#handedOut];
    if (slot === undefined || slot.stage === 'open' || slot.isCut) return undefined;
    return slot.name === undefined ? undefined : slot;
  }
}

/** The calls that the end of the response has not accounted for. */
class Left {
  readonly #slots: Set<Slot>;
  readonly #byCallId = new Map<string, Slot[]>();

  constructor(slots: readonly Slot[]) {
    this.#slots = new Set(slots);
    // The first one last: it is taken first.
    for (const slot of slots.toReversed()) {
      const { callId = '' } = slot;
      const others = this.#byCallId.get(callId);
      if (others === undefined) this.#byCallId.set(callId, [slot]);
      else others.push(slot);
    }
  }

  /** The call, if it is left. */
  take(slot: Slot | undefined): Slot | undefined {
    return slot !== undefined && this.#slots.delete(slot) ? slot : undefined;
  }

  takeByCallId(callId: string | undefined): Slot | undefined {
    const same = callId === undefined ? [] : (this.#byCallId.get(callId) ?? []);
    for (let slot = same.pop(); slot !== undefined; slot = same.pop())
      if (this.take(slot) !== undefined) return slot;
    return undefined;
  }
}

function textOf(slot: Slot): string {
  return slot.pieces.join('');
}

function isComplete(text: string): boolean {
  return text.trim() === '' || isObjectText(text);
}

function handOut(slot: Slot): CallEvent {
  const call = read(slot);
  slot.told = JSON.stringify(call);
  return { kind: 'tool-call', call };
}

/** The revision of a call that was handed out, if it needs one (R2). */
function revision(slot: Slot): CallEvent[] {
  const call = read(slot);
  const text = JSON.stringify(call);
  if (slot.told === text) return [];
  slot.told = text;
  return [{ kind: 'tool-call-revise', index: slot.place, call }];
}

function read(slot: Slot): ToolCall {
  return {
    ...(slot.callId === undefined ? {} : { id: slot.callId }),
    name: slot.name ?? '',
    arguments: textOf(slot),
  };
}
