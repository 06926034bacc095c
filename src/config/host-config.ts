import type { Access } from '../call/tool.ts';
import type { ServerId } from '../call/names.ts';

/** Where a config came from; relative paths in it are relative to `directory`. */
export interface ConfigSource {
  /** The file's absolute path; `undefined` for a config that was given as an object. */
  readonly path: string | undefined;
  readonly directory: string;
  /** Of the bytes that were parsed, in hexadecimal: what trust is tied to. `undefined` like `path`. */
  readonly sha256: string | undefined;
}

/** Of a config that names no model. */
export const DEFAULT_MODEL = 'gpt-5.1';

/** `auto`: the access-class rules; `read-only`: only what is annotated read-only overlaps; `always`: calls claim nothing; `never`: every call is a write. */
export type ParallelMode = 'auto' | 'read-only' | 'always' | 'never';

/** All in ms; `Infinity` (in the file: `null`) disables one. */
export interface Timeouts {
  /** Longest wait for a lock of another batch and for a free slot. Default 600_000. */
  readonly queueMs: number;
  /** Longest wait for the server to become ready. Default 30_000. */
  readonly connectMs: number;
  /** Longest one attempt may take, progress or not. Default 300_000. */
  readonly attemptMs: number;
  /** Longest silence within an attempt; progress resets it. Default 60_000. */
  readonly idleMs: number;
  /** Longest a call may take from its first attempt on, all attempts and waits between them included; hard. Default 600_000. */
  readonly totalMs: number;
}

/** What config says of one tool; each beats the server's own setting. */
export interface ToolSettings {
  readonly access?: Access;
  /** Declares (or un-declares) the tool read-only whatever its server says. */
  readonly declared?: boolean;
  readonly keys?: readonly string[];
  readonly idempotent?: boolean;
  /** Stands for `totalMs`, ms; `Infinity` (in the file: `null`) for no limit. */
  readonly timeoutMs?: number;
}

/** Calls per second, and how many may go at once after a rest (default: `perSecond`, rounded up). */
interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** How we are authorised at an HTTP server that asks for OAuth. Like those of an endpoint, values may hold `${…}` variables. */
export interface OAuthSettings {
  /** `authorization_code`: a person allows it, in a browser; `client_credentials`: the program has credentials of its own; `none`: never. */
  readonly grant: 'authorization_code' | 'client_credentials' | 'none';
  /** The authorization server; its secrets are sent nowhere else. Default: the one that the MCP server names. */
  readonly issuer: string | undefined;
  /** As registered with the issuer. Default: registered when first needed. */
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** PEM (PKCS #8); signs what is sent in place of a secret. */
  readonly privateKey: string | undefined;
  /** Of the signature. Default `RS256`. */
  readonly algorithm: string;
  /** Where this client's own metadata document is published: used as the client id by an issuer that reads such documents. */
  readonly clientMetadataUrl: string | undefined;
  /** Asked for in addition to those that the server asks for. */
  readonly scopes: readonly string[];
  /** Of the address on this machine that the browser comes back to. Default 0: any that is free. */
  readonly redirectPort: number;
}

/** How a server is reached. Values may hold `${…}` variables: they are expanded when it starts, by `config/variables.ts`. */
export type Endpoint =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      /** Absolute; one that holds a variable is so only once it is expanded. */
      readonly cwd: string;
    }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Default: as the server asks for it, unless an `Authorization` header is configured. */
      readonly oauth?: OAuthSettings;
    }
  | {
      readonly kind: 'sse';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Default: as the server asks for it, unless an `Authorization` header is configured. */
      readonly oauth?: OAuthSettings;
    };

/** One usable server. */
export interface ServerConfig {
  readonly kind: 'server';
  readonly id: ServerId;
  readonly prefix: string;
  readonly endpoint: Endpoint;
  readonly protocol: 'auto' | 'legacy' | 'modern';
  /**
   * `eager`: at once, and waited for; `lazy`: by its first call, or to list its tools where they are not remembered; `background`: soon, but nobody waits for it. Default
   * `eager`.
   */
  readonly start: 'eager' | 'lazy' | 'background';
  readonly isolation: 'shared' | 'client';
  readonly parallel: ParallelMode;
  /** Most calls in flight on this server. Default 64; `Infinity` (in the file: `null`) for no limit. */
  readonly maxInFlight: number;
  readonly rate: RateLimit | undefined;
  /** Servers with one resource name conflict with each other. Default: the server's id. */
  readonly resource: string;
  readonly timeouts: Timeouts;
  /** Globs over the server's own tool names. Default include: all; exclude wins. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** By the server's own tool name. */
  readonly tools: ReadonlyMap<string, ToolSettings>;
  /** Where its entry begins: `FILE:LINE`. Absent where there is no file. */
  readonly place?: string;
  /** Stands for the host's `sampling.enabled`. */
  readonly sampling?: boolean;
  /** Folders, absolute, that it is told to work in. Default: the host's for a program, none for a server that is reached by a url. */
  readonly roots?: readonly string[];
}

/** A server that is not used, and why: `disabled` in the config, or its entry is wrong. */
export interface UnusableServer {
  readonly kind: 'unusable';
  readonly id: ServerId;
  readonly reason: string;
  /** `true` when the config itself says `disabled`: nothing is wrong. */
  readonly intended: boolean;
}

export interface ModelConfig {
  /** Default {@link DEFAULT_MODEL}. */
  readonly name: string;
  readonly api: 'chat' | 'responses';
  /** After expansion; `undefined` where unset. */
  readonly baseURL: string | undefined;
  /** The environment variable that holds the key. Default `OPENAI_API_KEY`. */
  readonly apiKeyEnv: string;
  /** A short system note that encourages the model to batch independent calls. Default `true`. */
  readonly batchHint: boolean;
}

interface Limits {
  /** Most calls in flight over all servers. Default 256. */
  readonly maxInFlight: number;
  /** Largest message accepted from a server, in bytes; a larger one fails its call. Default 64 MiB. */
  readonly maxMessageBytes: number;
  /** Of one result, so much is handed on, in bytes; what is cut is kept in a file. Default 64 MiB. */
  readonly maxResultBytes: number;
  /** Of the results of one batch, a model reads so much text together, in bytes. Default 128 KiB. */
  readonly maxBatchResultBytes: number;
  /** Model requests in one run. Default 25. */
  readonly maxTurns: number;
  /** Longest a batch may take, ms; the clock stands still while a person is asked. Default `Infinity` (in the file: `null`). */
  readonly batchMs: number;
  /** How long `run` and `tools` wait for a server that still connects after the last other one became ready or failed, ms. Default 3_000. */
  readonly patienceMs: number;
}

/** Globs over exposed names; deny wins. */
export interface PolicyConfig {
  readonly allow: readonly string[];
  readonly ask: readonly string[];
  readonly deny: readonly string[];
  /** Whether a server's `readOnlyHint` is believed. Default `true`. */
  readonly trustAnnotations: boolean;
}

/** What servers may have the model do for them. */
export interface SamplingConfig {
  /** Default `false`. */
  readonly enabled: boolean;
  /** Longest answer, in tokens. Default 4_096. */
  readonly maxTokens: number;
  /** Most answers while one call runs. Default 5. */
  readonly maxPerCall: number;
  /** Most answers in the making at once, over all servers; more wait. Default 2. */
  readonly maxInFlight: number;
  /** Longest an answer may take, ms. Default 120_000; `Infinity` (in the file: `null`) disables it. */
  readonly timeoutMs: number;
}

/** Something about the config that a person should know; nothing was lost by it. */
export interface ConfigNotice {
  /** 1-based; 0 for a config without a text. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The whole config, checked and with defaults; deeply readonly. */
export interface HostConfig {
  readonly source: ConfigSource;
  readonly model: ModelConfig;
  /** In file order, unusable ones included. */
  readonly servers: readonly (ServerConfig | UnusableServer)[];
  readonly limits: Limits;
  readonly policy: PolicyConfig;
  readonly sampling: SamplingConfig;
  /** Folders, absolute, that servers on this machine are told to work in. Default: none. */
  readonly roots: readonly string[];
  readonly notices: readonly ConfigNotice[];
}
