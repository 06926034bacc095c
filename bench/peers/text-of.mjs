/**
 * The first text of a result as most hosts hand it on.
 *
 * @param {{ isError?: boolean, content?: readonly { type: string, text?: string }[] }} result
 * @returns {string}
 */
export function textOf(result) {
  if (result.isError === true) throw new Error(JSON.stringify(result));
  return result.content?.[0]?.text ?? '';
}
