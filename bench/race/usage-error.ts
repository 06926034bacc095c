/** What whoever started the race has to mend: told in one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
