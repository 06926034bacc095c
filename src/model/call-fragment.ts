import { isJsonObject } from '../base/json.ts';

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
    id: nonEmpty(entry['id']),
    name: nonEmpty(inner['name']),
    arguments: argumentText(inner['arguments']),
  };
  const saysNothing =
    fragment.id === undefined && fragment.name === undefined && fragment.arguments === '';
  return saysNothing ? undefined : fragment;
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function argumentText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
