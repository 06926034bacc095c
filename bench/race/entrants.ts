import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from './usage-error.ts';

/** Who takes part, and on which Node. */
export interface Entrant {
  readonly name: string;
  readonly title: string;
  /** Path of the module that exports the contender. */
  readonly module: string;
  /** Path of the Node that it runs on. */
  readonly node: string;
  /** Name of the entrant that its figures are multiples of: the floor on the same Node. */
  readonly floor: string;
}

export const FLOOR = 'raw';
export const HOST = 'host';
/** The floor on the Node of those that do not run on this one. */
const NEWER_FLOOR = 'raw-newer-node';
const NEWER_MAJOR = 24;

/** From dist/bench/race/, where this runs. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PEERS = resolve(ROOT, 'bench/peers');
const NEWER_NODE = resolve(PEERS, 'node_modules/node/bin/node');

interface Peer {
  readonly name: string;
  readonly title: string;
  /** Oldest major version of Node that it runs on. */
  readonly node: number;
}

const PEER_LIST: readonly Peer[] = [
  { name: 'ai-sdk', title: 'AI SDK', node: 22 },
  { name: 'openai-agents', title: 'OpenAI Agents', node: 22 },
  { name: 'langchain', title: 'LangChain', node: 20 },
  { name: 'mcp-use', title: 'mcp-use', node: 20 },
  { name: 'mcporter', title: 'mcporter', node: NEWER_MAJOR },
];

export interface Field {
  /** In the order of the table: the floor first. */
  readonly entrants: readonly Entrant[];
  /** Who could not take part, and why. */
  readonly absent: readonly string[];
}

export interface FieldOptions {
  /** Names; the floor, and who comes by a module of its own, take part in any case. Default: all. */
  readonly only: readonly string[] | undefined;
  readonly peers: boolean;
  /** Modules of more contenders. */
  readonly with: readonly string[];
}

/** Everybody who takes part. Throws UsageError for a name that nobody has, and for peers that are not installed. */
export function fieldOf(options: FieldOptions): Field {
  const own = [
    built(FLOOR, 'floor'),
    built(HOST, 'mcp-fanout'),
    built('sdk-v1', 'SDK v1'),
    built('sdk-v2', 'SDK v2'),
  ];
  const guests = options.with.map((path) =>
    entrant(basename(path).replace(/\.\w+$/u, ''), resolve(path)),
  );
  const { entrants: peers, absent } = options.peers ? peerField() : { entrants: [], absent: [] };
  const all = [...own, ...peers];
  for (const name of options.only ?? []) {
    if (all.some((one) => one.name === name)) continue;
    const names = all.map((one) => one.name).join(', ');
    throw new UsageError(`nobody is called ${JSON.stringify(name)}; there are ${names}`);
  }
  const isWanted = (one: Entrant): boolean =>
    guests.includes(one) || (options.only?.includes(one.name) ?? true);
  return { entrants: withFloors([...all, ...guests], isWanted), absent };
}

/** Who is wanted, and the floors that they are measured by. The floor on this Node takes part in any case. */
export function withFloors(
  everybody: readonly Entrant[],
  isWanted: (entrant: Entrant) => boolean,
): readonly Entrant[] {
  const wanted = everybody.filter((one) => !isFloor(one) && isWanted(one));
  const floors = new Set([FLOOR, ...wanted.map(({ floor }) => floor)]);
  return everybody.filter((one) => floors.has(one.name) || wanted.includes(one));
}

export function isFloor({ name, floor }: Pick<Entrant, 'name' | 'floor'>): boolean {
  return name === floor;
}

function peerField(): Field {
  if (!existsSync(resolve(PEERS, 'node_modules'))) {
    throw new UsageError('the peers are not installed: npm ci --prefix bench/peers');
  }
  const current = Number.parseInt(process.versions.node, 10);
  const hasNewer = existsSync(NEWER_NODE);
  const entrants: Entrant[] = [];
  const absent: string[] = [];
  for (const { name, title, node } of PEER_LIST) {
    const module = resolve(PEERS, `${name}.mjs`);
    if (current >= node) entrants.push({ ...entrant(name, module), title });
    else if (hasNewer) {
      entrants.push({ name, title, module, node: NEWER_NODE, floor: NEWER_FLOOR });
    } else absent.push(`${title}: needs Node ${node}, which is not in bench/peers/node_modules`);
  }
  if (hasNewer) {
    const floor = built(FLOOR, `floor on Node ${NEWER_MAJOR}`);
    entrants.unshift({ ...floor, name: NEWER_FLOOR, node: NEWER_NODE, floor: NEWER_FLOOR });
  }
  return { entrants, absent };
}

function built(name: string, title: string): Entrant {
  const module = fileURLToPath(new URL(`../contenders/${name}.js`, import.meta.url));
  return { ...entrant(name, module), title };
}

function entrant(name: string, module: string): Entrant {
  return { name, title: name, module, node: process.execPath, floor: FLOOR };
}
