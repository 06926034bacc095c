import { strictEqual } from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { timed, type Work } from '../bench.ts';

/** Each server has so many tools by names of their own; the others are `tool_0`, `tool_1` … */
const NAMED = ['echo', 'sleep', 'big'];
/** How long it may take until all servers are asked for their tools, ms. */
const ASKING_MS = 20_000;

/** Connects to all servers. */
export const connect: Work = {
  unit: 'ms',
  run: ({ open }) => timed(() => open()),
};

/** Connects to all servers, lists their tools and merges them: `count` of them. */
export const connectAndList: Work = {
  unit: 'ms',
  async run({ open, servers }, { count = 0 }) {
    let names: readonly string[] = [];
    const sample = await timed(async () => {
      names = await (await open()).tools();
    });
    check(names, servers.length, count);
    return sample;
  },
};

/**
 * Lists the tools of servers that everybody is connected to: `count` of them, and merges them. For some contenders connecting and listing are one; so the servers
 * hold back their lists until all of them were asked, and the time runs from when they are told to answer.
 */
export const list: Work = {
  unit: 'ms',
  async run({ open, servers, held }, { count = 0 }) {
    const listed = open().then((fleet) => fleet.tools());
    const tooEarly = listed.then(() => {
      throw new Error('it had listed the tools before the servers answered');
    });
    await Promise.race([held.asked, tooEarly, pause(ASKING_MS).then(notAsked)]);
    // Once they answer, it is no more than that.
    tooEarly.catch(() => undefined);
    const sample = await timed(() => {
      held.letGo();
      return listed;
    });
    check(await listed, servers.length, count);
    return sample;
  },
};

function notAsked(): never {
  throw new Error('it asks a server for its tools only when another one has answered');
}

/** Throws unless these are the names of all tools of all servers, and each is told from the others. */
function check(names: readonly string[], servers: number, count: number): void {
  strictEqual(names.length, count);
  strictEqual(new Set(names).size, count);
  const servedBy = new Map<string, number>();
  for (const name of names) {
    const own = name.slice(name.lastIndexOf('__') + 2);
    servedBy.set(own, (servedBy.get(own) ?? 0) + 1);
  }
  const others = Array.from({ length: count / servers - NAMED.length }, (_, at) => `tool_${at}`);
  for (const own of [...NAMED, ...others]) strictEqual(servedBy.get(own), servers, own);
}
