/**
 * A value of the prompt that belongs to an argument beyond doubt.
 *
 * - `noun`: the prompt calls it what the argument is about (`order 7` for `order_id`)
 * - `format`: it has the format that the argument asks for
 * - `choice`: it is one of the argument's own choices
 * - `amount`: it says how many, how much or when
 */
export interface Binding {
  readonly value: string | number;
  readonly kind: 'noun' | 'format' | 'choice' | 'amount';
  /** The token it is taken from. */
  readonly at: number;
  /** The token of the noun that says whose it is. */
  readonly nounAt?: number;
}

/** How a catalogue is spoken of, as stems. */
export interface Vocabulary {
  /** What its arguments are about. */
  readonly nouns: ReadonlySet<string>;
  /** What its arguments and tools are about: none of these words is a value. */
  readonly all: ReadonlySet<string>;
}
