import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, livingProcesses, MARKER } from '../support/leaks.ts';

const ROOT = new URL('../../', import.meta.url);
const { bin } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
  readonly bin: Readonly<Record<'mcp-fanout', string>>;
};
/** The command as it is installed, built: `npm test` builds first. */
export const MAIN = fileURLToPath(new URL(bin['mcp-fanout'], ROOT));
const DESK = fileURLToPath(new URL('./fixtures/desk.mjs', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin gives. Default: nothing. `open`: nothing yet, and no end. */
  readonly input?: string | { readonly kind: 'open' };
}

/** A running command. */
export interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly finished: Promise<Finished>;
}

/**
 * A folder with a config, in which the built command is run as a real process, with a home of its own and nothing of the environment's. At the end no process
 * of it may be left.
 */
export class Workplace implements AsyncDisposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcp-fanout-cli-')));
  readonly marker: string = randomUUID();

  get configPath(): string {
    return join(this.folder, 'mcp.config.json');
  }

  /** Writes the config; servers are named by `desk` or given whole. */
  config(servers: Readonly<Record<string, object>>, more: object = {}): this {
    this.write('mcp.config.json', JSON.stringify({ mcpServers: servers, ...more }));
    return this;
  }

  /** A server of `fixtures/desk.mjs` that writes a journal. */
  desk(journal = 'journal', args: readonly string[] = []): object {
    return {
      command: process.execPath,
      args: [DESK, '--journal', join(this.folder, journal), ...args],
      env: { [MARKER]: this.marker },
    };
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** What happened at a desk, without its process id. */
  journal(name = 'journal'): readonly string[] {
    const path = join(this.folder, name);
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    return lines.filter((line) => !line.startsWith('pid '));
  }

  /** Whether a desk was started at all. */
  started(name = 'journal'): boolean {
    return existsSync(join(this.folder, name));
  }

  /** Waits for a line of a journal. */
  written(line: string, name = 'journal'): Promise<void> {
    return eventually(`"${line}" in ${name}`, () => this.journal(name).includes(line));
  }

  /** Starts the command with the folder's config named. */
  start(args: readonly string[], options: RunOptions = {}): Running {
    return this.startBare([...args, '--config', this.configPath], options);
  }

  /** Runs the command with the folder's config named. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.start(args, options).finished;
  }

  /** What the command finds in its environment: a home of its own, no key, no address. */
  env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_STATE_HOME: join(this.folder, 'state'),
      [MARKER]: this.marker,
    };
  }

  /** Starts the command with these arguments only. */
  startBare(args: readonly string[], options: RunOptions = {}): Running {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.folder,
      env: { ...this.env(), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // The command may end without having read its input.
    child.stdin.on('error', () => undefined);
    if (typeof options.input !== 'object') child.stdin.end(options.input ?? '');
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const finished = once(child, 'close').then(([code]) => {
      return { code: code as number | null, stdout, stderr };
    });
    return { child, stdout: () => stdout, stderr: () => stderr, finished };
  }

  runBare(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.startBare(args, options).finished;
  }

  /** Waits until no process of the command, and of its servers, is left. */
  async gone(): Promise<void> {
    await eventually('the end of all processes', () => livingProcesses(this.marker).length === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.gone();
    } finally {
      for (const pid of livingProcesses(this.marker)) process.kill(pid, 'SIGKILL');
      rmSync(this.folder, { recursive: true });
    }
  }
}

/** A workplace with one desk. */
export function deskPlace(): Workplace {
  const place = new Workplace();
  return place.config({ desk: place.desk() });
}
