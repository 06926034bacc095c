/** A process for one sample of one contender: takes an {@link Order}, answers with a {@link Reply}, perhaps after some {@link Word}s, and ends when its channel does. */
import { pathToFileURL } from 'node:url';
import type { Sample } from './bench.ts';
import type { Contender, Fleet, OpenOptions, ServerSpec } from './contender.ts';
import type { Params } from './row.ts';
import { WORKS, type WorkName } from './works.ts';

export interface Order {
  /** Path of the module that exports the contender. */
  readonly module: string;
  readonly work: WorkName;
  readonly params: Params;
  readonly servers: readonly ServerSpec[];
  readonly options: OpenOptions;
  readonly folder: string;
}

export type Reply =
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'failed'; readonly reason: string };

/** What is said meanwhile: that all servers were `asked` for their tools (to the worker), that they are to answer: `let-go` (by it). */
export interface Word {
  readonly kind: 'asked' | 'let-go';
}

/** Characters. */
const LONGEST_REASON = 500;
const opened: Promise<Fleet>[] = [];
/** Its first message is the order, its second one the word that all servers were asked. */
const asked = new Promise<void>((resolve) => {
  process.once('message', () => process.once('message', () => resolve()));
});

process.once('message', (order: Order) => {
  void sampleOf(order).then((sample) => {
    tell({ kind: 'sample', sample });
  }, fail);
});
// It would end the process: told, it is a reason.
process.on('uncaughtException', fail);
process.once('disconnect', () => {
  void Promise.allSettled(opened.map(async (fleet) => (await fleet).close())).then(() => {
    process.exit(0);
  });
});

async function sampleOf(order: Order): Promise<Sample> {
  const { work, params, servers, options, folder } = order;
  const { contender } = (await import(pathToFileURL(order.module).href)) as {
    contender: Contender;
  };
  const open = (some = servers): Promise<Fleet> => {
    const fleet = contender.open(some, options);
    opened.push(fleet);
    return fleet;
  };
  const held = {
    asked,
    letGo: (): void => {
      tell({ kind: 'let-go' });
    },
  };
  return WORKS[work].run({ contender, servers, options, folder, open, held }, params);
}

function fail(reason: unknown): void {
  const words = reason instanceof Error ? reason.message : String(reason);
  tell({ kind: 'failed', reason: words.slice(0, LONGEST_REASON) });
}

/** What comes after the end of the sample is told to nobody. */
function tell(message: Reply | Word): void {
  if (process.connected) process.send?.(message);
}
