import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oauthSchema, oauthSettings } from '../../../src/config/oauth-schema.ts';
import type { OAuthSettings } from '../../../src/config/host-config.ts';
import {
  AuthorizationServer,
  type AuthorizationServerOptions,
} from '../../support/authorization-server.ts';
import { httpServer, type Setup, type TestConnection } from '../../support/connections.ts';
import { ProtectedServer, type ProtectedServerOptions } from '../../support/protected-server.ts';

export interface SceneOptions {
  readonly issuer?: AuthorizationServerOptions;
  readonly server?: Omit<ProtectedServerOptions, 'authorizedBy'>;
}

/** An authorization server, an MCP server that it guards, and a store of tokens of its own. */
export class Scene implements AsyncDisposable {
  readonly issuer: AuthorizationServer;
  readonly server: ProtectedServer;
  readonly state: string;

  private constructor(issuer: AuthorizationServer, server: ProtectedServer) {
    this.issuer = issuer;
    this.server = server;
    this.state = mkdtempSync(join(tmpdir(), 'fanout-oauth-'));
  }

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const issuer = await AuthorizationServer.start(options.issuer);
    const server = await ProtectedServer.start({ authorizedBy: issuer, ...options.server });
    return new Scene(issuer, server);
  }

  get env(): Readonly<Record<string, string | undefined>> {
    return { ...process.env, XDG_STATE_HOME: this.state };
  }

  get storeFolder(): string {
    return join(this.state, 'mcp-fanout', 'oauth');
  }

  /** The only store there is. */
  get storePath(): string {
    const names = readdirSync(this.storeFolder).filter((name) => name.endsWith('.json'));
    if (names.length !== 1) throw new Error(`stores: ${names.join(', ')}`);
    return join(this.storeFolder, names[0] ?? '');
  }

  connect(options: Partial<Setup> & { readonly oauth?: OAuthSettings } = {}): TestConnection {
    return httpServer(this.server.url, {
      name: 'guarded',
      env: this.env,
      restart: { baseMs: 60_000 },
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.issuer[Symbol.asyncDispose]();
    rmSync(this.state, { recursive: true, force: true });
  }
}

/** Settings as a config gives them. */
export function oauth(fields: Readonly<Record<string, unknown>> = {}): OAuthSettings {
  return oauthSettings(oauthSchema.parse(fields));
}
