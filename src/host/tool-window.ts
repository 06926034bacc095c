import { isJsonObject } from '../base/json.ts';
import type { Caller } from '../call/link.ts';
import type { Tool } from '../call/tool.ts';
import { searchTools } from '../catalogue/search.ts';
import type { BuiltIns } from './batches.ts';
import { builtInChain, builtInTool, success } from './built-in.ts';

/** Most tools that a Chat Completions endpoint takes in one request. Source: OpenAI API reference, `tools`. */
export const MAX_TOOLS = 128;
/** Of the window, this part is for what the prompt asks for; the rest is for what is found later. */
const FIRST_SHARE = 0.75;
/** Tools that one search adds, unless it asks for fewer or more. */
const DEFAULT_FOUND = 8;
const MAX_FOUND = 20;

/** The built-in tool by which a model gets at what its window does not show. */
const SEARCH_TOOLS = builtInTool({
  name: 'search_tools',
  title: 'Search tools',
  description:
    'There are more tools than are listed here. Finds tools by what they do; the tools it finds can be called from your next message on.',
  arguments: {
    query: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'What the tool should do, in a few words',
    },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_FOUND,
      description: `Most tools to find. Default ${DEFAULT_FOUND}`,
    },
  },
  required: 'query',
});

export interface ToolWindowOptions {
  /** The whole catalogue as it is now. */
  readonly all: () => readonly Tool[];
  /** What the run is about: the first tools are ranked by it. */
  readonly prompt: string;
  /** Most tools to show. `Infinity` shows all. */
  readonly maxTools: number;
  /** Built-in tools beside `search_tools`, as they are now: one may come while the run goes on, none goes. Default: none. */
  readonly others?: () => readonly Tool[];
}

/**
 * The part of a large catalogue that a model is shown. As long as all tools fit, it is the catalogue. Otherwise it is the tools that fit the prompt best, in the
 * catalogue's order; then `search_tools`; then what it found and the other built-in tools, in the order in which they came. The list only ever grows at its end (until what
 * was found first makes room), so that an endpoint's prompt cache keeps its prefix.
 */
export class ToolWindow implements BuiltIns {
  readonly #options: ToolWindowOptions;
  readonly #search: Caller;
  /** Exposed names, chosen when the catalogue first did not fit. */
  #first: ReadonlySet<string> | undefined;
  /** Exposed names of what came later, in the order of coming. */
  readonly #later = new Set<string>();

  constructor(options: ToolWindowOptions) {
    this.#options = options;
    this.#search = builtInChain(({ query, limit }) => {
      // The schema has seen to the types.
      const words = typeof query === 'string' ? query : '';
      const text = this.#find(words, typeof limit === 'number' ? limit : DEFAULT_FOUND);
      return Promise.resolve(success(text));
    });
  }

  /** What to show the model now. */
  tools(): readonly Tool[] {
    const all = this.#options.all();
    const others = this.#others();
    const isWhole =
      this.#first === undefined && all.length + others.length <= this.#options.maxTools;
    if (isWhole) return others.length === 0 ? all : [...all, ...others];
    const first = this.#choose(all);
    for (const { exposed } of others) this.#later.add(exposed);
    this.#makeRoom(others);
    const there = [...all, ...others];
    const later = [...this.#later].flatMap((name) =>
      there.filter(({ exposed }) => exposed === name),
    );
    return [...all.filter(({ exposed }) => first.has(exposed)), SEARCH_TOOLS, ...later];
  }

  tool(name: string): Tool | undefined {
    return this.#first !== undefined && name === SEARCH_TOOLS.exposed ? SEARCH_TOOLS : undefined;
  }

  chainOf(tool: Tool): Caller | undefined {
    return tool === SEARCH_TOOLS ? this.#search : undefined;
  }

  #others(): readonly Tool[] {
    return this.#options.others?.() ?? [];
  }

  /** Chosen once: the tools that fit the prompt best, filled up with the first of the catalogue. */
  #choose(all: readonly Tool[]): ReadonlySet<string> {
    const size = Math.floor((this.#options.maxTools - 1) * FIRST_SHARE);
    const ranked = searchTools(all, this.#options.prompt).map(({ tool }) => tool);
    this.#first ??= new Set(
      [...ranked, ...all]
        .map(({ exposed }) => exposed)
        .filter(once())
        .slice(0, size),
    );
    return this.#first;
  }

  /** What was found longest ago goes when there is no room for all; built-in tools stay. */
  #makeRoom(others: readonly Tool[]): void {
    const room = this.#options.maxTools - 1 - (this.#first?.size ?? 0);
    for (const name of this.#later) {
      if (this.#later.size <= room) break;
      if (!others.some(({ exposed }) => exposed === name)) this.#later.delete(name);
    }
  }

  #find(query: string, limit: number): string {
    const all = this.#options.all();
    const matches = searchTools(all, query).slice(0, limit);
    if (matches.length === 0)
      return `No tool fits ${JSON.stringify(query)}; there are ${all.length}. Try other words.`;
    for (const { tool } of matches) {
      if (this.#first?.has(tool.exposed) === true) continue;
      this.#later.delete(tool.exposed);
      this.#later.add(tool.exposed);
    }
    this.#makeRoom(this.#others());
    const lines = matches.map(
      ({ tool }) => `${tool.exposed}(${argumentNames(tool)}): ${tool.description.slice(0, 300)}`,
    );
    return `Callable from your next message on:\n${lines.join('\n')}`;
  }
}

function argumentNames(tool: Tool): string {
  const properties = tool.inputSchema['properties'];
  return isJsonObject(properties) ? Object.keys(properties).join(', ') : '';
}

function once(): (name: string) => boolean {
  const seen = new Set<string>();
  return (name) => !seen.has(name) && seen.add(name).size > 0;
}
