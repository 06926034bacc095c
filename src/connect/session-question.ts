/** How long the server may take to answer, ms. */
const QUESTION_MS = 2_000;

/** Sends a request of the session, for its status; rejects like `fetch`. */
type Ask = (init: RequestInit) => Promise<Response>;

/** Many servers answer 400 where the protocol asks for 404: another request of the session tells whether it is forgotten. One question at a time, whoever asks. */
export class SessionQuestion {
  readonly #ask: Ask;
  #answer: Promise<boolean> | undefined;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  isForgotten(): Promise<boolean> {
    this.#answer ??= this.#put().finally(() => {
      this.#answer = undefined;
    });
    return this.#answer;
  }

  async #put(): Promise<boolean> {
    const signal = AbortSignal.timeout(QUESTION_MS);
    const headers = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'mcp-fanout-question', method: 'ping' });
    try {
      const response = await this.#ask({ method: 'POST', headers, body, signal });
      await response.body?.cancel();
      return response.status === 400 || response.status === 404;
    } catch {
      // No answer is no proof.
      return false;
    }
  }
}
