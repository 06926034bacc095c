import { isJsonObject } from '../base/json.ts';
import { argumentsIn, textIn } from './loose.ts';

/** One entry of a `tool_calls` array of a message or of a piece of one, read loosely: what is empty, `null` or of a wrong type is not there. */
export interface CallFragment {
  /** Which call it belongs to, if the provider says so. */
  readonly index: string | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** Argument text to append. */
  readonly arguments: string;
}

/**
 * Reads an entry that says anything, whatever the provider made of it: `{index, id, function: {name, arguments}}`, or flat, or with the arguments as
 * an object.
 */
export function readFragment(entry: unknown): CallFragment | undefined {
  if (!isJsonObject(entry)) return undefined;
  const inner = isJsonObject(entry['function']) ? entry['function'] : entry;
  const index = entry['index'];
  const fragment = {
    index: typeof index === 'number' || typeof index === 'string' ? String(index) : undefined,
    id: textIn(entry['id']),
    name: textIn(inner['name']),
    arguments: argumentsIn(inner['arguments']),
  };
  const saysNothing =
    fragment.id === undefined && fragment.name === undefined && fragment.arguments === '';
  return saysNothing ? undefined : fragment;
}
