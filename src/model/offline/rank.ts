import MiniSearch from 'minisearch';
import type { Tool } from '../../call/tool.ts';
import { argumentsOf } from './argument.ts';
import type { Prompt } from './prompt.ts';
import { kindred, meaningOf, stem, STOP_WORDS, wordsOf } from './words.ts';

/** How well each tool's words fit a prompt, by BM25: 1 for the best, 0 for one that shares no meaningful word. */
export function rankTools(tools: readonly Tool[], prompt: Prompt): ReadonlyMap<Tool, number> {
  const index = new MiniSearch<Entry>({
    fields: ['name', 'title', 'description', 'arguments'],
    tokenize: wordsOf,
    processTerm: (word) => (STOP_WORDS.has(word) ? null : stem(word)),
    searchOptions: { boost: { name: 4, title: 2, arguments: 1, description: 1 } },
  });
  index.addAll(tools.map(toEntry));
  // Words that ask for the same thing count, too, but less than those that were said.
  const meant = kindred(prompt.tokens.map((token) => token.stem));
  const found = index.search([...prompt.stems, ...meant].join(' '), {
    tokenize: (text) => text.split(' '),
    processTerm: (term) => term,
    boostTerm: (term) => (prompt.stems.has(term) ? 1 : 0.3),
  });
  const best = found[0]?.score ?? 1;
  const scores = new Map<unknown, number>(found.map(({ id, score }) => [id, score / best]));
  return new Map(tools.map((tool, id) => [tool, scores.get(id) ?? 0]));
}

interface Entry {
  readonly id: number;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: string;
}

function toEntry(tool: Tool, id: number): Entry {
  const described = argumentsOf(tool).map((argument) =>
    [argument.name, ...argument.describedAs].join(' '),
  );
  return {
    id,
    name: tool.name,
    title: tool.title,
    description: tool.description,
    arguments: described.join(' '),
  };
}

/** All meaningful words by which a tool can be spoken of, as stems. */
export function vocabularyOf(tool: Tool): ReadonlySet<string> {
  return new Set(meaningOf(Object.values(toEntry(tool, 0)).join(' ')));
}
