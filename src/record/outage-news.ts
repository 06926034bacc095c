import type { ServerState } from '../call/events.ts';

/** Of a server that is tried for ever, this often, ms. */
const REMINDER_MS = 3_600_000;

/** What was told of one server. */
interface Told {
  /** When each kind of trouble was told last, monotonic, ms. */
  readonly troubles: Map<string, number>;
  ready: { readonly tools: number } | undefined;
}

/**
 * Which changes of a server's state are news to a person: its loss, that it was left alone, its return. The tries between are not, but for one an hour: a server
 * that crashes for ever must not fill a log.
 */
export class OutageNews {
  readonly #told = new Map<string, Told>();
  readonly #now: () => number;

  /** `now`: monotonic, ms. Default: the process's. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  isNews(server: string, state: ServerState): boolean {
    const told = this.#told.get(server) ?? {
      troubles: new Map<string, number>(),
      ready: undefined,
    };
    this.#told.set(server, told);
    if (state.kind === 'ready') {
      const isNews = told.ready?.tools !== state.tools;
      told.ready = { tools: state.tools };
      return isNews;
    }
    const trouble = troubleOf(state);
    if (trouble === undefined) return true;
    const at = told.troubles.get(trouble);
    // The first loss after it was well is another one.
    const isNew = at === undefined || (state.kind === 'backing-off' && state.attempt === 1);
    if (!isNew && this.#now() - at < REMINDER_MS) return false;
    told.troubles.set(trouble, this.#now());
    told.ready = undefined;
    return true;
  }
}

function troubleOf(state: ServerState): string | undefined {
  if (state.kind === 'backing-off') return state.kind;
  // What to do about it is said of one that is left alone.
  if (state.kind === 'failed') return state.hint === undefined ? 'failed' : 'alone';
  return undefined;
}
