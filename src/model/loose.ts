import { isJsonObject } from '../base/json.ts';

// Values in strangers' JSON, read loosely: what is empty, `null` or of a wrong type is not there.

export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An argument text; some endpoints give an object instead. */
export function argumentsIn(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** How many tokens, where the endpoint counts. */
export function tokensIn(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** Whether the member `error` of an answer is one. */
export function isErrorIn(value: unknown): boolean {
  return isJsonObject(value) || textIn(value) !== undefined;
}
