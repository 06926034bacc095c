import type { Start } from './contender.ts';
import type { WorkName } from './works.ts';

/** What a work has to do; each takes what it needs. */
export interface Params {
  readonly count?: number;
  /** Of one batch, calls; the row's `width` where it is missing. */
  readonly batch?: number;
  readonly ms?: number;
  readonly bytes?: number;
  /** Whether the servers are known from before. */
  readonly warm?: boolean;
  /** When servers start. */
  readonly start?: Start;
  /** Whether the command is started for the first time: otherwise once before, unmeasured, with the same folders. */
  readonly first?: boolean;
}

/** What a row shows of a contender: the multiple of the floor's figure, what is above the floor's, or its own. */
export type Shown = 'ratio' | 'excess' | 'value';

/** One line of the table. */
export interface Row {
  /** Unique over all sheets; `--row` looks for it. */
  readonly id: string;
  readonly name: string;
  readonly work: WorkName;
  readonly params: Params;
  readonly transport: 'stdio' | 'http';
  readonly servers: number;
  /** Arguments of the floor server. */
  readonly serverArgs?: readonly string[];
  /** Most calls in flight. Default 1. */
  readonly width?: number;
  /** What the servers themselves take, ms: the figure is what is above it. */
  readonly idealMs?: number;
  readonly shows: Shown;
  /** What mcp-fanout is to show at most. */
  readonly goal?: number;
  /** Samples of each contender. Default 9. */
  readonly rounds?: number;
  /** Longest that one sample may take, ms. Default 60,000. */
  readonly timeoutMs?: number;
  /** Whom it is for. Default: everybody. */
  readonly only?: readonly string[];
  /** What is smaller with `--quick`. */
  readonly quick: Partial<Pick<Row, 'params' | 'servers' | 'serverArgs'>>;
}

/** The rows of one script. */
export interface Sheet {
  readonly title: string;
  readonly rows: readonly Row[];
}
