import type { Tool } from '../../call/tool.ts';
import type { Fit } from './fit.ts';
import { beginsRequest, type Prompt } from './prompt.ts';
import { stem, wordsOf } from './words.ts';

/** Whether a prompt asks for a tool with its own verb, as in `please close issue 7` for `close_issue`. */
export function isCalledFor(fit: Fit, prompt: Prompt): boolean {
  const hasPath = fit.taken.some(({ value }) => value.shape === 'path');
  return requestFor(fit.tool, prompt, hasPath) !== undefined;
}

/**
 * The clause that asks for a tool with its own verb: the verb where a request stands, the rest of the tool's name anywhere. `hasPath`: a path is at
 * hand, which says `file` as well as the word does.
 */
export function requestFor(tool: Tool, prompt: Prompt, hasPath = false): number | undefined {
  const [verb, ...nouns] = wordsOf(tool.name).map(stem);
  const speaksOfIt = nouns.every(
    (noun) => prompt.stems.has(noun) || (hasPath && noun === stem('file')),
  );
  if (!speaksOfIt) return undefined;
  return prompt.tokens.find((token, at) => token.stem === verb && beginsRequest(prompt, at))
    ?.clause;
}
