/**
 * Something the caller can mend: an id that is not there, a call that would change nothing. Its
 * message is the answer the model gets. Everything else that is thrown is a fault of the server.
 */
export class DeskError extends Error {
  override readonly name = 'DeskError';
}
