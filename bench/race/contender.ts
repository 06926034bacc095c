/** A server of the race: a program that each contender starts for itself, or the address of one that runs already. */
export type ServerSpec =
  | { readonly kind: 'stdio'; readonly command: string; readonly args: readonly string[] }
  | { readonly kind: 'http'; readonly url: string };

/** One call: on which server, of which tool, with what. */
export interface BenchCall {
  readonly server: number;
  readonly tool: string;
  readonly args: Readonly<Record<string, string | number>>;
}

/** Servers that a contender is connected to. */
export interface Fleet {
  /** Resolves to the first text of the result; rejects when the call failed. */
  call(call: BenchCall): Promise<string>;
  /** Many calls, at most `width` in flight: their texts, in the order of the calls. Without it, so many run `call` side by side. */
  batch?(calls: readonly BenchCall[], width: number): Promise<readonly string[]>;
  /** Asks every server for its tools, and merges them under names that tell the servers apart: `…tool`. Resolves to those names. */
  tools(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Most calls in flight that will be asked for: whatever limits a contender has, they are not below it. */
  readonly width: number;
}

/** A program with its arguments, to be started from a shell, as it were. */
interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** What a command line is for. */
export type Errand =
  /** Calls `echo` of the only server once, and prints what it answers. */
  | { readonly kind: 'call'; readonly text: string }
  /** Gets to know all servers, for those who remember what they know. */
  | { readonly kind: 'learn' }
  /** Prints the names of all tools of all servers. */
  | { readonly kind: 'tools'; readonly start: Start }
  /** Asks the model at this address, which wants no key, with the tools of all servers. */
  | { readonly kind: 'ask'; readonly start: Start; readonly url: string };

/** When servers start whose tools are known: when they are called, or meanwhile. Whoever knows none has to start them all. */
export type Start = 'lazy' | 'background';

/** One way to speak to many servers. A module under `contenders/` or `peers/` exports one by this name. */
export interface Contender {
  open(servers: readonly ServerSpec[], options: OpenOptions): Promise<Fleet>;
  /** The command line that does the errand, where there is one; `folder` is empty and its own. */
  command?(errand: Errand, servers: readonly ServerSpec[], folder: string): Command | undefined;
}
