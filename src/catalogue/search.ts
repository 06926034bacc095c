import MiniSearch from 'minisearch';
import type { Tool } from '../call/tool.ts';

/** A tool and how well it fits; higher is better, comparable within one search only. */
export interface Found {
  readonly tool: Tool;
  readonly score: number;
}

/** Ranks tools against words (BM25+, prefixes and small typos allowed), best first; equal scores keep the catalogue's order. */
export function searchTools(tools: readonly Tool[], query: string): readonly Found[] {
  const index = new MiniSearch<{
    id: number;
    name: string;
    title: string;
    description: string;
    arguments: string;
  }>({
    fields: ['name', 'title', 'description', 'arguments'],
    tokenize: words,
    searchOptions: { boost: { name: 3, title: 2 }, prefix: true, fuzzy: 0.2 },
  });
  index.addAll(
    tools.map((tool, id) => ({
      id,
      name: `${tool.exposed} ${tool.name}`,
      title: tool.title,
      description: tool.description,
      arguments: Object.keys(properties(tool)).join(' '),
    })),
  );
  return index
    .search(query)
    .flatMap(({ id, score }) => {
      const tool = tools[Number(id)];
      return tool === undefined ? [] : [{ tool, score, place: Number(id) }];
    })
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .map(({ tool, score }) => ({ tool, score }));
}

function words(text: string): string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function properties(tool: Tool): object {
  const found = tool.inputSchema['properties'];
  return typeof found === 'object' && found !== null ? found : {};
}
