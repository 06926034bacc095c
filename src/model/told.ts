import { isJsonObject, type Json } from '../base/json.ts';

/** A text that is this long, measured by the JSON, is another form of it: a table, a listing, the JSON itself. */
const MIN_LENGTH = 1 / 3;
/** A shorter text tells the same if this part of the values stands in it; flags and kinds often do not. */
const MIN_VALUES = 2 / 3;
/** Looked for as long as it is little work. */
const MAX_VALUES = 1_000;
const MAX_TEXT_CHARS = 65_536;

/** Whether `text` tells what a server sent as structured content, too. `json`: of `value`. Where that is not clear it does not: twice is better than not at all. */
export function tells(text: string, value: Json, json: string): boolean {
  if (text.length >= json.length * MIN_LENGTH) return true;
  if (text.length > MAX_TEXT_CHARS) return false;
  const values = valuesOf(value);
  if (values === undefined) return false;
  const told = [...values].filter((each) => text.includes(each));
  return told.length >= Math.max(1, values.size * MIN_VALUES);
}

/** The texts, numbers and flags in a value; `undefined` where there are too many to look for. */
function valuesOf(value: Json): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  const pending: Json[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (isJsonObject(next) || Array.isArray(next)) {
      const parts: readonly Json[] = Object.values(next);
      if (parts.length + pending.length > MAX_VALUES) return undefined;
      pending.push(...parts);
    } else {
      found.add(typeof next === 'string' ? next : JSON.stringify(next));
      if (found.size > MAX_VALUES) return undefined;
    }
  }
  return found;
}
