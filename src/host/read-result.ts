import { describe } from '../base/errors.ts';
import { grouped } from '../base/grouped.ts';
import type { JsonObject } from '../base/json.ts';
import type { Caller } from '../call/link.ts';
import type { Tool } from '../call/tool.ts';
import { findIn, readSlice, type KeptText } from '../record/kept-text.ts';
import type { BuiltIns } from './batches.ts';
import { builtInChain, builtInTool, failure, success, type TextOutcome } from './built-in.ts';
import { askFor } from './cut-note.ts';
import type { KeptResults } from './kept-results.ts';

const DEFAULT_BYTES = 16 * 1024;
const MAX_BYTES = 64 * 1024;
const MAX_SEARCH_CHARS = 200;
/** Places that one search shows. */
const MAX_HITS = 20;
/** Ids that an answer lists. */
const MAX_LISTED = 20;

/** The built-in tool by which a model reads what was cut out of results. */
const READ_RESULT = builtInTool({
  name: 'read_result',
  title: 'Read a result',
  description:
    'Reads a result of an earlier call that was too large to be shown whole; the note where it was cut names its id. Gives a slice, or with "search" the places where a text stands.',
  arguments: {
    id: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'Of the result, such as r1-1',
    },
    offset: {
      type: 'integer',
      minimum: 0,
      description: 'Where to begin, in bytes from the start of the result. Default 0',
    },
    length: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_BYTES,
      description: `How much to read, in bytes. Default ${DEFAULT_BYTES}`,
    },
    search: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_SEARCH_CHARS,
      description:
        'A text to look for from "offset" on, to the letter; gives the offsets of the places and what stands around them',
    },
  },
  required: 'id',
});

/** The tool `read_result`, which is there once something was kept. Its answers are bounded like any tool's, and go on with the same id where they are cut. */
export class ReadResult implements BuiltIns {
  readonly #results: KeptResults;
  readonly #chain: Caller;

  constructor(results: KeptResults) {
    this.#results = results;
    this.#chain = builtInChain((args) => this.#answer(args));
  }

  /** The tool by itself, or nothing as long as nothing was kept. */
  tools(): readonly Tool[] {
    return this.#results.texts.size === 0 ? [] : [READ_RESULT];
  }

  tool(name: string): Tool | undefined {
    return this.tools().find(({ exposed }) => exposed === name);
  }

  chainOf(tool: Tool): Caller | undefined {
    return tool === READ_RESULT ? this.#chain : undefined;
  }

  /** The schema has seen to the types. */
  async #answer({ id, offset, length, search }: JsonObject): Promise<TextOutcome> {
    const from = typeof offset === 'number' ? offset : 0;
    const kept = typeof id === 'string' ? this.#results.texts.get(id) : undefined;
    if (kept === undefined)
      return failure(`No result ${JSON.stringify(id)} is kept. ${this.#list()}`);
    if (from >= kept.bytes) {
      const last = grouped(kept.bytes - 1);
      return failure(`Offset ${from} is behind the end of ${kept.id}, whose last byte is ${last}.`);
    }
    try {
      if (typeof search === 'string') return await found(kept, search, from);
      return await this.#read(kept, from, typeof length === 'number' ? length : DEFAULT_BYTES);
    } catch (reason) {
      return failure(`${kept.id} cannot be read any more: ${describe(reason)}`);
    }
  }

  async #read(kept: KeptText, offset: number, length: number): Promise<TextOutcome> {
    const { from, to, text } = await readSlice(kept, offset, length);
    const left = kept.bytes - to;
    const more =
      left <= 0
        ? 'this is the end'
        : `${grouped(left)} bytes are left: read_result ${askFor(kept.id, to)} reads on`;
    const place = `bytes ${grouped(from)} to ${grouped(to)} of ${grouped(kept.bytes)}`;
    const answer = success(text, `[${kept.id}: ${place}; ${more}]`);
    this.#results.addPart(answer, kept, from);
    return answer;
  }

  #list(): string {
    const all = [...this.#results.texts.values()];
    const listed = all.slice(-MAX_LISTED).map(({ id, bytes }) => `${id} (${grouped(bytes)} bytes)`);
    const earlier = all.length > MAX_LISTED ? ', and earlier ones' : '';
    return `There are ${listed.join(', ')}${earlier}.`;
  }
}

async function found(kept: KeptText, search: string, offset: number): Promise<TextOutcome> {
  const { hits, count } = await findIn(kept, search, { offset, most: MAX_HITS });
  const what = JSON.stringify(search);
  const where = offset === 0 ? kept.id : `${kept.id} from byte ${grouped(offset)} on`;
  if (count === 0) return success(`${what} is not in ${where}. Upper and lower case differ.`);
  const lines = hits.map((hit) => `${String(hit.offset)}: ${hit.excerpt.replace(/\s+/gu, ' ')}`);
  const last = hits.at(-1);
  const more =
    last === undefined || count === hits.length
      ? []
      : [
          `[${grouped(count - hits.length)} more places: search on with "offset" ${String(last.offset + 1)}]`,
        ];
  const head = `${what} is in ${where} ${count === 1 ? 'once' : `${grouped(count)} times`}; the offset of each place, and what stands there:`;
  return success([head, ...lines, ...more].join('\n'));
}
