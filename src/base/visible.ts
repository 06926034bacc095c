/**
 * Makes untrusted text safe to show on a terminal: control characters (but not line feed and tab), C1 controls, bidirectional overrides, zero-width
 * tag characters and the supplementary variation selectors become visible escapes, so that a server can neither move the cursor, set a title, nor hide text.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** {@link visible}, on one line: line breaks and tabs become spaces, and what is longer than `max` characters is cut with an ellipsis. */
export function visibleLine(text: string, max = 200): string {
  // Cut before the costly replacement: one line never needs more of a hostile text than this.
  const line = visible(text.slice(0, max * 4).replace(/\s+/gu, ' ')).trim();
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E0FFF}]/gu;
