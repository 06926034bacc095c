import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { describe, HostError, systemCode } from '../../base/errors.ts';
import { folderFault, readPrivately, writePrivately } from '../../base/private-file.ts';
import type { ServerId } from '../../call/names.ts';
import { baseDirectory } from '../../config/find.ts';
import type { OAuthSettings } from '../../config/host-config.ts';
import { lockFile } from './store-lock.ts';

const tokensSchema = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1).nullable(),
  /** As granted; where the server did not say, as asked for. */
  scope: z.string().nullable(),
  /** Unix time, ms. */
  expiresAt: z.number().nullable(),
});
const clientSchema = z.object({
  clientId: z.string().min(1),
  clientSecret: z.string().nullable(),
  authMethod: z.string().nullable(),
  redirectUrl: z.string().nullable(),
});
const grantSchema = z.object({
  issuer: z.string(),
  /** As this program registered itself there; `null` where it did not. */
  client: clientSchema.nullable(),
  tokens: tokensSchema.nullable(),
});
const fileSchema = z.object({
  version: z.literal(1),
  /** The MCP server's address. */
  resource: z.string(),
  /** The one in use comes first. */
  grants: z.array(grantSchema),
  /** What the server wanted to be allowed beyond that, and nobody was there to be asked. */
  wanted: z.string().nullable(),
});

export type StoredTokens = Readonly<z.output<typeof tokensSchema>>;
export type StoredClient = Readonly<z.output<typeof clientSchema>>;
/** What is known of one MCP server. */
export type Stored = Readonly<Omit<z.output<typeof fileSchema>, 'version' | 'resource'>>;
/** What one authorization server gave us for one MCP server. */
export type Grant = Readonly<z.output<typeof grantSchema>>;

const MAX_FILE_BYTES = 1024 * 1024;
/** Authorization servers of one MCP server, one after the other. */
const MAX_GRANTS = 8;

export interface TokenStoreOptions {
  readonly server: ServerId;
  /** The MCP server's address. */
  readonly resource: URL;
  readonly settings: Pick<OAuthSettings, 'grant' | 'clientId'> | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * What authorization servers gave us for one MCP server, in a file of its own under `$XDG_STATE_HOME/mcp-fanout/oauth`: its owner's alone, replaced as a whole,
 * never through a link. A file is of one name, address and client id: two entries of a config are two accounts.
 */
export class TokenStore {
  readonly path: string;
  readonly #resource: string;

  constructor(options: TokenStoreOptions) {
    const { server, resource, settings, env } = options;
    const { href } = resource;
    const identity = [server, href, settings?.clientId ?? '', settings?.grant ?? ''];
    const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 24);
    const name = server.replaceAll(/[^\w-]+/gu, '-').slice(0, 40);
    const state = baseDirectory('XDG_STATE_HOME', join('.local', 'state'), { env });
    this.path = join(state, 'mcp-fanout', 'oauth', `${name}-${hash}.json`);
    this.#resource = href;
  }

  /** Keeps all other processes from changing it until the result is disposed of. */
  async lock(signal: AbortSignal): Promise<Disposable> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await this.#checkFolder();
    return lockFile(`${this.path}.lock`, signal);
  }

  /** Rejects with a HostError for a file that cannot be relied on. */
  async read(): Promise<Stored> {
    try {
      await this.#checkFolder();
      const found = await readPrivately(this.path, MAX_FILE_BYTES);
      if (found.kind === 'unusable') throw this.#unusable(found.why);
      const parsed = fileSchema.safeParse(JSON.parse(found.text));
      if (!parsed.success || parsed.data.resource !== this.#resource)
        throw this.#unusable('is damaged');
      return parsed.data;
    } catch (reason) {
      if (reason instanceof HostError) throw reason;
      const code = systemCode(reason);
      if (code === 'ENOENT') return { grants: [], wanted: null };
      if (code === 'ELOOP' || code === 'EMLINK') throw this.#unusable('is a link');
      throw this.#unusable(
        reason instanceof SyntaxError ? 'is damaged' : `cannot be read (${describe(reason)})`,
      );
    }
  }

  /** Replaces what is there. Whoever changes it holds the lock. Rejects with a HostError. */
  async write(stored: Stored): Promise<void> {
    const file: z.output<typeof fileSchema> = {
      version: 1,
      resource: this.#resource,
      grants: stored.grants.slice(0, MAX_GRANTS),
      wanted: stored.wanted,
    };
    try {
      await writePrivately(this.path, `${JSON.stringify(file, null, 2)}\n`);
    } catch (reason) {
      throw new HostError('config', `${this.path} cannot be written: ${describe(reason)}`, {
        cause: reason,
      });
    }
  }

  async #checkFolder(): Promise<void> {
    const fault = await folderFault(dirname(this.path));
    if (fault !== undefined) throw this.#unusable(fault);
  }

  #unusable(why: string): HostError {
    return new HostError(
      'config',
      `${this.path} ${why}: nothing of it is used. Remove it to be authorised anew.`,
    );
  }
}
