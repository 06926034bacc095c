/**
 * What the host said of every write, in a file: kept in memory it would be the leak that the soak looks for. Compared at the end with what the servers
 * wrote into their journals.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallRecord, Ran } from '../../src/index.ts';
import type { Planned, Plan } from './batches.ts';
import { journalOf, MEMBERS } from './fleet.ts';

/** What is counted while the batches run. */
export interface Tally {
  batches: number;
  calls: number;
  answered: number;
  /** Calls of batches that were given up before they had arrived whole. */
  unseen: number;
  /** Calls of undisturbed batches without an answer, by server. */
  readonly unanswered: Record<string, number>;
  /** Calls without an outcome. */
  lost: number;
  /** Answers that belong to another call. */
  mixedUp: number;
  /** The first few things that went wrong, in words. */
  readonly examples: string[];
}

export interface Journals {
  /** Writes that a server ran more than once. */
  readonly repeated: number;
  /** Calls said to have run that have not, or the other way round. */
  readonly misreported: number;
  /** Writes of one batch that their server ran in another order than the batch's. */
  readonly disordered: number;
  readonly writes: number;
  readonly crashes: number;
  readonly examples: readonly string[];
}

const MOST_EXAMPLES = 10;

function newTally(): Tally {
  const counts = { batches: 0, calls: 0, answered: 0, unseen: 0, lost: 0, mixedUp: 0 };
  return { ...counts, unanswered: {}, examples: [] };
}

export class Ledger {
  readonly tally = newTally();
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Counts one batch. `results` is `undefined` for one that did not end. */
  enter(plan: Plan, results: readonly CallRecord[] | undefined): void {
    const { tally } = this;
    tally.batches += 1;
    tally.calls += plan.calls.length;
    const disturbed = plan.abortAfterMs !== undefined || plan.deadlineMs !== undefined;
    const lines: string[] = [];
    for (const [index, planned] of plan.calls.entries()) {
      const record = results?.[index];
      const { write, server } = planned;
      // A batch that is given up while it is still arriving: the host never saw the rest, which must not have run then.
      const isUnseen = results !== undefined && index >= results.length;
      if (isUnseen && disturbed && plan.streamed) tally.unseen += 1;
      else if (record === undefined || record.name !== planned.call.name) {
        tally.lost += 1;
        const instead = results === undefined ? 'the batch did not end' : JSON.stringify(record);
        this.#example(`lost: ${planned.call.name} ${planned.nonce}: ${instead}`);
      } else this.#check(planned, record, disturbed);
      const ran = record?.outcome.ran ?? (isUnseen ? 'no' : 'unknown');
      if (write !== undefined) lines.push(`${write} ${server} ${ran}`);
    }
    if (lines.length > 0) appendFileSync(join(this.#folder, 'ledger'), `${lines.join('\n')}\n`);
  }

  /** Compares with the servers' journals. */
  compare(): Journals {
    const said = linesOf(join(this.#folder, 'ledger')).map(parseSaid);
    const journals = MEMBERS.map(
      (member) => [member.name, linesOf(journalOf(this.#folder, member))] as const,
    );
    return compareJournals(said, new Map(journals));
  }

  #check({ nonce, server }: Planned, { outcome }: CallRecord, disturbed: boolean): void {
    const { tally } = this;
    if (outcome.kind === 'ok') {
      tally.answered += 1;
      const same = JSON.stringify(outcome.structuredContent) === JSON.stringify({ server, nonce });
      if (same && outcome.content[0]?.['text'] === nonce) return;
      tally.mixedUp += 1;
      this.#example(
        `mixed up: ${nonce} was answered with ${JSON.stringify(outcome).slice(0, 200)}`,
      );
    } else if (!disturbed) {
      tally.unanswered[server] = (tally.unanswered[server] ?? 0) + 1;
      const isExpected = MEMBERS.some(
        ({ name, crashMs }) => name === server && crashMs !== undefined,
      );
      if (!isExpected) this.#example(`unanswered: ${server} ${JSON.stringify(outcome)}`);
    }
  }

  #example(text: string): void {
    if (this.tally.examples.length < MOST_EXAMPLES) this.tally.examples.push(text);
  }
}

/** What the host said of one write. */
export interface Said {
  readonly id: string;
  readonly server: string;
  readonly ran: Ran;
}

/** `journals`: the lines of each server's journal, in the order in which they were written. */
export function compareJournals(
  said: readonly Said[],
  journals: ReadonlyMap<string, readonly string[]>,
): Journals {
  const byKey = new Map(said.map((one) => [`${one.server} ${one.id}`, one]));
  const examples: string[] = [];
  let [repeated, misreported, disordered, crashes] = [0, 0, 0, 0];
  const executed = new Set<string>();
  for (const [server, lines] of journals) {
    /** By batch: the call that ran last. */
    const last = new Map<string, number>();
    for (const line of lines) {
      if (line === 'crash') crashes += 1;
      const id = /^ran (.*)$/u.exec(line)?.[1];
      if (id === undefined) continue;
      const key = `${server} ${id}`;
      if (executed.has(key)) {
        repeated += 1;
        examples.push(`repeated: ${key}`);
        continue;
      }
      executed.add(key);
      const [batch = '', index = ''] = id.split('.');
      if (Number(index) < (last.get(batch) ?? -1)) {
        disordered += 1;
        examples.push(`out of order: ${key}`);
      }
      last.set(batch, Number(index));
      if (!byKey.has(key)) {
        misreported += 1;
        examples.push(`never reported: ${key} ran`);
      }
    }
  }
  for (const [key, { ran }] of byKey) {
    const did = executed.has(key);
    if (ran === 'unknown' || did === (ran === 'yes')) continue;
    misreported += 1;
    examples.push(`misreported: ran "${ran}", but ${key} ${did ? 'ran' : 'did not run'}`);
  }
  return { repeated, misreported, disordered, writes: executed.size, crashes, examples };
}

function parseSaid(line: string): Said {
  const [id = '', server = '', ran = 'unknown'] = line.split(' ');
  return { id, server, ran: ran === 'yes' || ran === 'no' ? ran : 'unknown' };
}

function linesOf(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
