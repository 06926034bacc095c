import type { FieldValue, FormField } from './form.ts';
import type { CallId, ExposedName, ServerId } from './names.ts';

// What servers ask of their client while they work: of a person (elicitation), of a model (sampling), of the config (roots). All their texts are untrusted.

/** A call in flight, as a question of its server names it. */
export interface AskingCall {
  readonly id: CallId;
  readonly name: ExposedName;
}

/** The call that a question of its server comes from, and its clocks. */
export interface Asker extends AskingCall {
  /** The call's clocks stand until the returned function is called. */
  pauseClocks(asked: 'person' | 'model'): () => void;
}

/**
 * Which call made its server ask. `one-of` where the protocol does not tell: a server of the old era on a pipe, or on an event stream of its own, with several
 * calls in flight.
 */
export type AskCause =
  | { readonly kind: 'call'; readonly call: AskingCall }
  | { readonly kind: 'one-of'; readonly calls: readonly AskingCall[] };

interface AskFacts {
  readonly server: ServerId;
  /** Where an answer goes: the origin of a server that is reached by a URL, `undefined` for a program on this machine. */
  readonly destination: string | undefined;
  readonly cause: AskCause;
}

/**
 * A question to a person. `form`: fields to fill in. `url`: a page to visit, where the person and the server settle the matter between them; whoever accepts it
 * says that the page may be visited, and opens it.
 */
export type ElicitRequest =
  | (AskFacts & {
      readonly kind: 'form';
      readonly message: string;
      readonly fields: readonly FormField[];
    })
  | (AskFacts & {
      readonly kind: 'url';
      readonly message: string;
      /** https, or http on this machine. */
      readonly url: URL;
    });

/** What became of it: answered (`content` by the names of the fields), refused, or put away without a decision. */
export type ElicitAnswer =
  | { readonly action: 'accept'; readonly content?: Readonly<Record<string, FieldValue>> }
  | { readonly action: 'decline' | 'cancel' };

/** Asks a person. Defaults of the form stand for fields that are left out. A rejection counts as `cancel`. The signal aborts when the question is moot. */
export type Elicit = (request: ElicitRequest, signal: AbortSignal) => Promise<ElicitAnswer>;

export interface SampleMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** A text that a server wants a model to go on with. */
export interface SampleRequest extends AskFacts {
  readonly systemPrompt: string | undefined;
  readonly messages: readonly SampleMessage[];
  /** As the server wants it, and at most what the config allows. */
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
}

export interface SampleAnswer {
  readonly text: string;
  /** The model's name. */
  readonly model: string;
  readonly stopReason: 'endTurn' | 'stopSequence' | 'maxTokens';
}

/** Has a model answer. A rejection refuses the request, with the error's message as the reason. The signal aborts when the answer is moot. */
export type Sample = (request: SampleRequest, signal: AbortSignal) => Promise<SampleAnswer>;

/** A folder that a server may take as its place of work. */
export interface Root {
  /** A `file:` address. */
  readonly uri: string;
  readonly name: string;
}

/** Something that servers may ask for, or why they may not. */
export type Offer<T> =
  | { readonly kind: 'offered'; readonly by: T }
  /** `reason`: in words for the model and for people, as the end of a sentence. */
  | { readonly kind: 'withheld'; readonly reason: string };

/** Sampling with its bounds. */
export interface Sampling {
  readonly sample: Sample;
  /** Longest answer, in tokens. */
  readonly maxTokens: number;
  /** Most requests while one call runs. */
  readonly maxPerCall: number;
}

/** What is offered to one server. Only what is offered is declared to it as a capability. */
export interface Offers {
  readonly elicit: Offer<Elicit>;
  readonly sampling: Offer<Sampling>;
  readonly roots: Offer<readonly Root[]>;
}
