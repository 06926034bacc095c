import type { JsonObject } from '../base/json.ts';

/** The value of a text; `undefined` where it is no JSON. */
export function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The caller decides what text without a value is.
    return undefined;
  }
}

/** Whether an object is a message, if perhaps a broken one: loggers write JSON, too, also such with an `error` or an `id` in it. */
export function isMeantAsMessage(value: JsonObject): boolean {
  if ('jsonrpc' in value || typeof value['method'] === 'string') return true;
  return 'id' in value && ('result' in value || 'error' in value);
}
