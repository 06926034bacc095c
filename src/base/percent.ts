/** A part of an address as it is meant: what is no encoding, such as the sign of `100%`, stands for itself. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A URL takes any such sign.
    return text;
  }
}
