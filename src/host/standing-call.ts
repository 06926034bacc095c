import { Emitter } from '../base/emitter.ts';
import type { HostEvent } from '../call/events.ts';
import type { Offer } from '../call/asks.ts';
import type { Outcome } from '../call/outcome.ts';
import { loadConfig } from '../config/load.ts';
import type { Session } from '../connect/session.ts';
import { Batches, type BatchTerms } from './batches.ts';
import { LiveCatalogue } from './live-catalogue.ts';

const SERVER = 'standing';
const OVER_HTTP = 'over HTTP';
/** A timer would keep the process alive. */
const NEVER = { queueMs: null, attemptMs: null, idleMs: null, totalMs: null };
const OK: Outcome = { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: '' }] };
const TERMS: BatchTerms = {
  authorize: () => ({ kind: 'allow', rule: '' }),
  results: { cap: (outcome) => outcome, share: (_, records) => records },
};

/** What stands. A promise alone would hold nothing of what is to settle it. */
const standing: unknown[] = [];

/**
 * Calls that never end, one for the life of the process, so that calls are quick after a pause, too.
 *
 * An engine knows objects by their hidden classes, and compiles code for those that it has met. V8 keeps a hidden class only as long as there is an object of it: between two batches there
 * is no call, so that the next full collection takes the hidden classes of everything that makes a call, and all code that was compiled for them, and the next batch
 * begins as slowly as the first one. It came to a third of a call's processor time. As long as one call is under way everywhere, all stay.
 *
 * They go the way of all calls, but to a server that was never started: they wait in a pipe that there is not. They belong to no host and hold no timer.
 */
export async function keepCallsStanding(): Promise<void> {
  if (standing.length > 0) return;
  standing.push(SERVER);
  const session = await openIdle();
  standing.push(session);
  // Each on a server of its own: they must not wait for one another.
  await Promise.all([true, false].map((readOnlyHint) => callTwice(session, readOnlyHint)));
}

/** The same for what a call takes over HTTP beside all that. */
export async function keepHttpCallsStanding(): Promise<void> {
  if (standing.some((one) => one === OVER_HTTP)) return;
  standing.push(OVER_HTTP);
  const { standHttpCall } = await import('../connect/standing-http.ts');
  standing.push(standHttpCall());
}

/** One call that is answered, and is kept with its record, and one that is not. */
async function callTwice(session: Session, readOnlyHint: boolean): Promise<void> {
  const config = await loadConfig({
    mcpServers: { [SERVER]: { command: SERVER, timeouts: NEVER } },
  });
  const [server] = config.servers;
  if (server?.kind !== 'server') return;
  let answers = true;
  const catalogue = new LiveCatalogue(
    config,
    {
      callTool: (tool, args, life) =>
        answers ? Promise.resolve(OK) : session.callTool(tool.name, args, life),
      recovery: () => undefined,
    },
    () => undefined,
  );
  catalogue.update(server, [
    { name: 'wait', inputSchema: { type: 'object' }, annotations: { readOnlyHint } },
  ]);
  const [tool] = catalogue.current.tools;
  if (tool === undefined) return;
  const batches = new Batches({
    router: { route: () => ({ kind: 'tool', tool }) },
    chainOf: () => catalogue.chainOf(tool),
    events: new Emitter<HostEvent>(),
    batchMs: Infinity,
  });
  const call = { name: tool.exposed, arguments: { text: '' } };
  standing.push(batches, await batches.run([call], {}, TERMS));
  answers = false;
  void batches.run([call], {}, TERMS);
}

async function openIdle(): Promise<Session> {
  const [{ Session }, { StdioTransport }, { serverId }] = await Promise.all([
    import('../connect/session.ts'),
    import('../connect/stdio-transport.ts'),
    import('../call/names.ts'),
  ]);
  const withheld: Offer<never> = { kind: 'withheld', reason: '' };
  const options = {
    server: serverId(SERVER),
    endpoint: { kind: 'stdio', command: SERVER, args: [], env: {}, cwd: '/' },
    env: {},
    maxMessageBytes: 1,
    notify: () => undefined,
  } as const;
  const wire = new StdioTransport(options);
  return new Session(
    {
      ...options,
      authorization: undefined,
      protocol: 'auto',
      version: '',
      lane: true,
      offers: { elicit: withheld, sampling: withheld, roots: withheld },
      onListChanged: () => undefined,
      redact: (text) => text,
    },
    { kind: 'stdio', wire },
  );
}
