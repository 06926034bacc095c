import { isLongerThan, MAX_BYTES_PER_UNIT, utf8Pieces } from '../base/utf8.ts';
import type { ResultLimits, ResultPlace } from '../batch/batch-options.ts';
import type { CallRecord } from '../call/call.ts';
import type { Answer, ContentBlock, CutPart, Outcome } from '../call/outcome.ts';
import { answerText, blockText, untoldStructured } from '../model/content.ts';
import type { KeptText } from '../record/kept-text.ts';
import type { Kept, ResultFolder } from '../record/result-folder.ts';
import { cargoOf } from './cargo.ts';
import { cutNote, missingNote } from './cut-note.ts';
import { cutText } from './cut-text.ts';
import { fairShares, wholeOnes } from './fair-shares.ts';

/** How much of the results is handed on, in bytes. `Infinity` disables one. */
export interface ResultBounds {
  /** One result's text, in UTF-8, and its structured content, as JSON. */
  readonly textBytes: number;
  /** One result's images, sounds and files together, decoded. */
  readonly dataBytes: number;
  /** The same of all results of one batch together. */
  readonly batchTextBytes: number;
  readonly batchDataBytes: number;
}

/** An outcome with an answer. */
type Answered = Outcome & Answer;

/** The text that an answer is a part of. */
interface Source {
  readonly id: string;
  readonly kept: Kept;
  /** Of the whole text. */
  readonly bytes: number;
  /** Where the part begins in it. */
  readonly from: number;
  /** The part, without our notes. */
  readonly part: Answer;
  /** What else was cut. */
  readonly cut: readonly CutPart[];
}

/**
 * Cuts results that are too large and keeps the whole in files of the run: each as it comes, so that it need not stand in memory, and all of a batch once more
 * when they are there, so that together they fit. A result's id (`r1-2`: of the run's first batch with such results the second call), its share and its note do
 * not depend on which call ended first. Never rejects: of what cannot be kept, the note says so.
 */
export class KeptResults implements ResultLimits {
  readonly #folder: ResultFolder;
  readonly #bounds: ResultBounds;
  readonly #readable: boolean;
  readonly #texts = new Map<string, KeptText>();
  readonly #sources = new WeakMap<Outcome, Source>();
  readonly #batches = new Map<number, number>();

  /** `readable`: whether there is a `read_result` tool for whoever gets the results. */
  constructor(
    folder: ResultFolder,
    bounds: ResultBounds,
    { readable }: { readonly readable: boolean },
  ) {
    this.#folder = folder;
    this.#bounds = bounds;
    this.#readable = readable;
  }

  /** What `read_result` can read, by id. */
  get texts(): ReadonlyMap<string, KeptText> {
    return this.#texts;
  }

  /** Tells that an outcome is itself a part of a kept text: where it is cut, nothing is kept twice, and its note goes on with the same id. */
  addPart(outcome: Answered, { id, path, bytes }: KeptText, from: number): void {
    const kept: Kept = { kind: 'kept', path };
    const part = { content: outcome.content.slice(0, 1) };
    this.#sources.set(outcome, { id, kept, bytes, from, part, cut: [] });
  }

  cap(outcome: Outcome, place: ResultPlace): Outcome | Promise<Outcome> {
    const { textBytes, dataBytes } = this.#bounds;
    if (!isAnswer(outcome) || atMostBytes(outcome) < textBytes) return outcome;
    const [oversize = NONE] = oversizeIn([outcome], dataBytes);
    const isSmall =
      oversize.size === 0 &&
      !isLongerThan(structuredText(outcome), textBytes) &&
      !isLongerThan(answerText(outcome), textBytes);
    return isSmall ? outcome : this.#capped(outcome, oversize, place);
  }

  share(
    batch: number,
    records: readonly CallRecord[],
  ): readonly CallRecord[] | Promise<readonly CallRecord[]> {
    const bytes = records.reduce((sum, { outcome }) => sum + atMostBytes(outcome), 0);
    return bytes < this.#bounds.batchTextBytes ? records : this.#shared(batch, records);
  }

  async #shared(batch: number, records: readonly CallRecord[]): Promise<readonly CallRecord[]> {
    const { batchTextBytes, batchDataBytes } = this.#bounds;
    const answers = records.map(({ outcome }) => this.#partOf(outcome));
    const sizes = answers.map((answer) => Buffer.byteLength(answerText(answer)));
    const shares = fairShares(sizes, batchTextBytes);
    const oversize = oversizeIn(answers, batchDataBytes);
    const fitted: CallRecord[] = [];
    for (const [index, record] of records.entries()) {
      const { outcome } = record;
      const share = shares[index] ?? 0;
      const isLong = (sizes[index] ?? 0) > share;
      const tooMany = oversize[index] ?? NONE;
      if ((!isLong && tooMany.size === 0) || !isAnswer(outcome)) fitted.push(record);
      else {
        const place = { batch, index };
        // The text first: what else must go leaves no trace in the file.
        const cut = isLong ? await this.#withoutEnd(outcome, share, place) : outcome;
        fitted.push({ ...record, outcome: await this.#without(cut, tooMany, place) });
      }
    }
    return fitted;
  }

  /** One result on its own: first what is no text, of which the text then tells. */
  async #capped(
    outcome: Answered,
    oversize: ReadonlySet<ContentBlock>,
    place: ResultPlace,
  ): Promise<Outcome> {
    const { textBytes } = this.#bounds;
    const light = await this.#without(outcome, oversize, place);
    const plain = await this.#withoutStructured(light, textBytes, place);
    return isLongerThan(answerText(plain), textBytes)
      ? this.#withoutEnd(plain, textBytes, place)
      : plain;
  }

  /** An answer with notes in the places of its oversize blocks. */
  async #without(
    outcome: Answered,
    oversize: ReadonlySet<ContentBlock>,
    place: ResultPlace,
  ): Promise<Answered> {
    const content: ContentBlock[] = [];
    const cut = [...(outcome.cut ?? [])];
    for (const block of outcome.content) {
      const cargo = oversize.has(block) ? cargoOf(block) : undefined;
      if (cargo === undefined) content.push(block);
      else {
        const name = `${this.#id(place)}-${String(cut.length + 1)}.${cargo.extension}`;
        const kept = await this.#folder.write(name, [cargo.content()], cargo.bytes);
        cut.push({ part: block.type, bytes: cargo.bytes, shownBytes: 0, file: fileOf(kept) });
        content.push({ type: 'text', text: missingNote(blockText(block), kept) });
      }
    }
    return cut.length === 0 ? outcome : { ...outcome, content, cut };
  }

  /** An answer without structured content that is too large. What the text does not tell is a part of it, and is cut as that. */
  async #withoutStructured(
    outcome: Answered,
    maxBytes: number,
    place: ResultPlace,
  ): Promise<Answered> {
    const text = structuredText(outcome);
    if (!isLongerThan(text, maxBytes) || untoldStructured(outcome) !== undefined) return outcome;
    const bytes = Buffer.byteLength(text);
    const name = `${this.#id(place)}-structured.json`;
    const kept = await this.#folder.write(name, utf8Pieces(text), bytes);
    const part = { part: 'structuredContent', bytes, shownBytes: 0, file: fileOf(kept) };
    const { structuredContent: _, ...rest } = outcome;
    return { ...rest, cut: [...(outcome.cut ?? []), part] };
  }

  /** An answer with the beginning of its text, and a note about the rest. */
  async #withoutEnd(outcome: Answered, maxBytes: number, place: ResultPlace): Promise<Answered> {
    const source = this.#sources.get(outcome) ?? (await this.#keepText(outcome, place));
    const { id, kept, bytes, from } = source;
    const { content, shownBytes } = cutText(source.part, maxBytes);
    const readId = this.#readable ? id : undefined;
    const note = cutNote({ from, to: from + shownBytes, bytes, kept, id: readId });
    const part = { part: 'text', bytes, shownBytes, file: fileOf(kept) };
    const { structuredContent, ...rest } = outcome;
    const isText = untoldStructured(source.part) !== undefined;
    const cut: Answered = {
      ...rest,
      content: [...content, { type: 'text', text: note }],
      ...(isText || structuredContent === undefined ? {} : { structuredContent }),
      cut: [...source.cut, part],
    };
    this.#sources.set(cut, { ...source, part: { content } });
    return cut;
  }

  async #keepText(answer: Answer, place: ResultPlace): Promise<Source> {
    const id = this.#id(place);
    const text = answerText(answer);
    const bytes = Buffer.byteLength(text);
    const kept = await this.#folder.write(`${id}.txt`, utf8Pieces(text), bytes);
    if (kept.kind === 'kept' && this.#readable) this.#texts.set(id, { id, path: kept.path, bytes });
    return { id, kept, bytes, from: 0, part: answer, cut: answer.cut ?? [] };
  }

  #partOf(outcome: Outcome): Answer {
    if (!isAnswer(outcome)) return { content: [] };
    return this.#sources.get(outcome)?.part ?? outcome;
  }

  #id({ batch, index }: ResultPlace): string {
    const number = this.#batches.get(batch) ?? this.#batches.size + 1;
    this.#batches.set(batch, number);
    return `r${String(number)}-${String(index + 1)}`;
  }
}

function isAnswer(outcome: Outcome): outcome is Answered {
  return outcome.kind === 'ok' || outcome.kind === 'tool-error';
}

/** Of plain texts a bound for all that is told of them: mostly nothing has to be counted, nor put together (0.9 µs less a call). `Infinity` where data may be among it. */
function atMostBytes(outcome: Outcome): number {
  if (!isAnswer(outcome)) return 0;
  let units = structuredText(outcome).length;
  for (const { type, text } of outcome.content) {
    if (type !== 'text') return Infinity;
    units += 1 + (typeof text === 'string' ? text.length : 0);
  }
  return units * MAX_BYTES_PER_UNIT;
}

function structuredText({ structuredContent }: Answer): string {
  return structuredContent === undefined ? '' : JSON.stringify(structuredContent);
}

const NONE: ReadonlySet<ContentBlock> = new Set();

/** Of the blocks that carry data those that do not fit `maxBytes` together, for each answer: two calls that shared a read have the same blocks. */
function oversizeIn(
  answers: readonly Answer[],
  maxBytes: number,
): readonly ReadonlySet<ContentBlock>[] {
  const carriers = answers.flatMap(({ content }, index) =>
    content.flatMap((block) => {
      const cargo = cargoOf(block);
      return cargo === undefined ? [] : [{ index, block, bytes: cargo.bytes }];
    }),
  );
  const sizes = carriers.map(({ bytes }) => bytes);
  const whole = wholeOnes(sizes, maxBytes);
  const oversize = answers.map(() => new Set<ContentBlock>());
  for (const [at, { index, block }] of carriers.entries())
    if (!whole.has(at)) oversize[index]?.add(block);
  return oversize;
}

function fileOf(kept: Kept): string | null {
  return kept.kind === 'kept' ? kept.path : null;
}
