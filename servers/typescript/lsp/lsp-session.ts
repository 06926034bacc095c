/**
 * One language server process (`tsc --lsp --stdio`), from its start to its end. What to do when it has ended is the
 * business of `LanguageServer`.
 *
 * L1. It never opens a document: the language server reads the files itself, and what is on disk is the truth.
 * L2. When the process ends, by itself or not, every request that waits is refused, saying so.
 */
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { cannotStart, type Compiler, killCompiler, startCompiler } from '../compiler.ts';
import { MAX_LSP_MESSAGE_BYTES, MAX_REQUESTS, REQUEST_TIME_MS, SHUTDOWN_MS } from '../limits.ts';
import type { Project } from '../project/project.ts';
import { clip, Refusal } from '../../shared/refusal.ts';
import { Slots } from '../../shared/slots.ts';
import { withDeadline } from './deadline.ts';
import { FramingError } from './message-framing.ts';
import { RpcConnection, RpcError } from './rpc-connection.ts';

const CAPABILITIES = {
  general: { positionEncodings: ['utf-16'] },
  workspace: {
    configuration: true,
    // Changes are told, by didChangeWatchedFiles: without this it would watch the disk by itself, and be late.
    didChangeWatchedFiles: { dynamicRegistration: true },
  },
  textDocument: {
    definition: { linkSupport: true },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    hover: { contentFormat: ['markdown'] },
  },
};

/** Answers to `workspace/configuration`. Left to itself it would install typings with npm for JavaScript files. */
const SETTINGS: Readonly<Record<string, object>> = {
  'js/ts': { tsserver: { automaticTypeAcquisition: { enabled: false } } },
  typescript: { disableAutomaticTypeAcquisition: true },
};

const Initialized = z.object({
  capabilities: z.object({ positionEncoding: z.literal('utf-16').optional() }),
});

const ConfigurationParams = z.object({
  items: z.array(z.object({ section: z.string().optional() })),
});

const MAX_STDERR_CHARS = 2000;
const MAX_ERROR_CHARS = 300;

export class LspSession {
  readonly #project: Project;
  readonly #child: Compiler;
  readonly #rpc: RpcConnection;
  readonly #slots = new Slots(MAX_REQUESTS);
  readonly #ended: Promise<void>;
  #isAlive = true;
  #stderr = '';
  /** Why it was ended from here; undefined while it is wanted. */
  #ending: Refusal | undefined;

  /** Starts the process. `initialize` comes next. */
  constructor(project: Project) {
    this.#project = project;
    this.#child = startCompiler(project, ['--lsp', '--stdio']);
    this.#rpc = new RpcConnection(this.#child.stdin, MAX_LSP_MESSAGE_BYTES, answerOf);
    this.#ended = this.#observe();
  }

  get isAlive(): boolean {
    return this.#isAlive && this.#ending === undefined;
  }

  async initialize(signal: AbortSignal): Promise<void> {
    const uri = pathToFileURL(this.#project.real).href;
    const result = await this.request(
      'initialize',
      {
        processId: process.pid,
        clientInfo: { name: 'mcp-fanout typescript' },
        rootUri: uri,
        workspaceFolders: [{ uri, name: 'project' }],
        capabilities: CAPABILITIES,
        initializationOptions: { disablePushDiagnostics: true },
      },
      signal,
    );
    if (!Initialized.safeParse(result).success) {
      throw new Refusal('The compiler does not speak the language server protocol as expected.');
    }
    this.notify('initialized', {});
  }

  /**
   * Sends a request. Rejects with a Refusal when the language server refuses, takes too long or has ended, and with
   * the signal's reason, after it was cancelled there.
   */
  async request(method: string, params: object, signal: AbortSignal): Promise<unknown> {
    const send = async (signal: AbortSignal) => await this.#rpc.request(method, params, signal);
    try {
      return await this.#slots.run(
        async () => await withDeadline(REQUEST_TIME_MS, signal, send),
        signal,
      );
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      throw new Refusal(`TypeScript has no answer: ${this.#ownWords(error.message)}`, {
        cause: error,
      });
    }
  }

  notify(method: string, params?: object): void {
    this.#rpc.notify(method, params);
  }

  /** Ends the process, with what it is doing; the reason goes to those who wait. Resolves when it is gone. */
  async end(reason: Refusal): Promise<void> {
    if (this.#ending === undefined) {
      this.#ending = reason;
      this.#rpc.notify('exit');
      this.#child.stdin.end();
      this.#rpc.close(reason);
      const timer = setTimeout(() => killCompiler(this.#child), SHUTDOWN_MS);
      void this.#ended.then(() => clearTimeout(timer));
    }
    await this.#ended;
  }

  /** Resolves when the process has ended and its streams are read (L2). */
  async #observe(): Promise<void> {
    const child = this.#child;
    child.stdin.on('error', () => {
      // Written to a process that has just ended: its end is told below.
    });
    child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARS);
    });
    await new Promise<void>((resolve) => {
      child.once('error', (error) => {
        this.#isAlive = false;
        this.#rpc.close(cannotStart(error));
        resolve();
      });
      child.once('close', (code, signal) => {
        this.#isAlive = false;
        this.#rpc.close(this.#ending ?? this.#crash(signal ?? `exit code ${code}`));
        resolve();
      });
    });
  }

  #read(chunk: Buffer): void {
    try {
      this.#rpc.push(chunk);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.#rpc.close(
        new Refusal(
          `The TypeScript language server sent ${error.message}. It is ended, and started again for the next call.`,
          { cause: error },
        ),
      );
      this.#isAlive = false;
      killCompiler(this.#child);
    }
  }

  #crash(how: string): Refusal {
    process.stderr.write(
      `typescript: the language server ended (${how})\n${this.#stderr.trimEnd()}\n`,
    );
    return new Refusal(
      `The TypeScript language server ended during this call (${how}). It is started again for the next call: try again.`,
    );
  }

  /** The first line of what the language server says, without the paths of this machine. */
  #ownWords(message: string): string {
    const { real } = this.#project;
    const line = message.split('\n', 1)[0] ?? '';
    const local = line.replaceAll(`${pathToFileURL(real).href}/`, '').replaceAll(`${real}/`, '');
    return clip(local, MAX_ERROR_CHARS);
  }
}

function answerOf(method: string, params: unknown): unknown {
  switch (method) {
    case 'workspace/configuration': {
      const { items } = ConfigurationParams.parse(params);
      return items.map(({ section = '' }) => SETTINGS[section] ?? null);
    }
    case 'client/registerCapability':
    case 'client/unregisterCapability':
    case 'window/workDoneProgress/create':
      return null;
    default:
      return undefined;
  }
}
