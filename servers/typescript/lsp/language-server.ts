/**
 * Keeps a language server for the project. `LspSession` is one process; this decides when there is one.
 *
 * S1. At most one process is wanted at a time. One that ended is started again by the next call, not before.
 * S2. Whoever opens gets a session that knows the files as they were on disk when it asked, or later.
 * S3. The state of the disk is read before the compiler reads the files, so that no change falls between the two.
 */
import { pathToFileURL } from 'node:url';
import { MAX_CHANGES, MAX_WATCHED_FILES } from '../limits.ts';
import { compare, type Change, type DiskState, readDisk } from '../project/disk-state.ts';
import { findAnchors } from '../project/program-files.ts';
import type { Project } from '../project/project.ts';
import { SharedRun } from '../project/shared-run.ts';
import { Refusal } from '../../shared/refusal.ts';
import { waitFor } from './deadline.ts';
import { LspSession } from './lsp-session.ts';
import { documentSymbols } from './queries.ts';

interface Run {
  readonly session: LspSession;
  /** Resolves when the projects are loaded. */
  readonly ready: Promise<void>;
  /** What the session knows of the disk. */
  disk: Promise<DiskState>;
}

type State =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'running'; readonly run: Run }
  | { readonly kind: 'closed' };

const MAX_STARTS = 3;

/** The numbers that `workspace/didChangeWatchedFiles` has for them. */
const CHANGE_TYPES = { created: 1, changed: 2, deleted: 3 } as const;

export class LanguageServer {
  readonly project: Project;
  readonly #lifetime = new AbortController();
  readonly #sync = new SharedRun(async () => await this.#readChanges());
  #state: State = { kind: 'stopped' };
  #isCut = false;

  constructor(project: Project) {
    this.project = project;
  }

  /** Starts in the background, so that the first call finds it ready. What goes wrong, the first call tells. */
  warmUp(): void {
    this.#current();
  }

  /** Resolves to a session that is ready and up to date (S2). Rejects with a Refusal or the signal's reason. */
  async open(signal: AbortSignal): Promise<LspSession> {
    for (let start = 0; start < MAX_STARTS; start += 1) {
      const run = this.#current();
      await waitFor(run.ready, signal);
      await waitFor(this.#sync.run(), signal);
      if (run.session.isAlive) return run.session;
    }
    throw new Refusal('The TypeScript language server ends as soon as it is started.');
  }

  /** Loads the project, and those that it references, where that has not happened: files may have come since. */
  async load(session: LspSession, signal: AbortSignal): Promise<void> {
    const anchors = await findAnchors(this.project, signal);
    await Promise.all(
      anchors.map(async (anchor) => {
        try {
          await documentSymbols(session, pathToFileURL(anchor).href, signal);
        } catch (error) {
          // A file that is gone by now loads nothing. A session that ended is told of by the next request.
          if (!(error instanceof Refusal)) throw error;
        }
      }),
    );
  }

  /** What an answer may not know. */
  get notes(): readonly string[] {
    return this.#isCut
      ? [`Only ${MAX_WATCHED_FILES} files are watched: changes in others are not seen.`]
      : [];
  }

  /** Ends the process; later calls are refused. */
  async close(): Promise<void> {
    const state = this.#state;
    const reason = new Refusal('The server is shutting down.');
    this.#state = { kind: 'closed' };
    this.#lifetime.abort(reason);
    if (state.kind === 'running') await state.run.session.end(reason);
  }

  /** The one process that is wanted (S1). */
  #current(): Run {
    if (this.#state.kind === 'closed') throw new Refusal('The server is shutting down.');
    if (this.#state.kind === 'running' && this.#state.run.session.isAlive) return this.#state.run;
    const session = new LspSession(this.project);
    const disk = readDisk(this.project);
    const run: Run = { session, ready: this.#prepare(session, disk), disk };
    // Whoever waits for it is told; there may be nobody.
    run.ready.catch(() => undefined);
    this.#state = { kind: 'running', run };
    return run;
  }

  async #prepare(session: LspSession, disk: Promise<DiskState>): Promise<void> {
    const { signal } = this.#lifetime;
    try {
      await Promise.all([disk, session.initialize(signal)]); // S3
      await this.load(session, signal);
    } catch (error) {
      await session.end(
        new Refusal('The TypeScript language server could not be made ready.', { cause: error }),
      );
      throw error;
    }
  }

  /** Tells the session what changed on disk since it was told last. */
  async #readChanges(): Promise<void> {
    if (this.#state.kind !== 'running') return;
    const { run } = this.#state;
    const before = await run.disk;
    const after = await readDisk(this.project);
    const changes = compare(before, after);
    run.disk = Promise.resolve(after);
    this.#isCut = after.truncated;
    if (before.packages !== after.packages || changes.length > MAX_CHANGES) {
      await run.session.end(
        new Refusal('So much changed on disk that TypeScript starts anew: try again.'),
      );
    } else if (changes.length > 0) {
      run.session.notify('workspace/didChangeWatchedFiles', { changes: changes.map(toEvent) });
    }
  }
}

function toEvent({ absolute, kind }: Change): object {
  return { uri: pathToFileURL(absolute).href, type: CHANGE_TYPES[kind] };
}
