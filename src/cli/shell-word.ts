/** A text as one word of a POSIX shell: as it stands where it is plain, else in single quotes. For commands that a person may copy. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
