import type { LanguageServer } from '../lsp/language-server.ts';
import type { LspSession } from '../lsp/lsp-session.ts';

/** What the steps of one call share. */
export interface Asking {
  readonly server: LanguageServer;
  /** Ready, and up to date with the disk. */
  readonly session: LspSession;
  /** Of the call. */
  readonly signal: AbortSignal;
}
