/**
 * Runs the native TypeScript compiler: the only file of this server that starts processes.
 *
 * C1. An argument array, no shell; nothing of it comes from a call.
 * C2. Each child has a process group of its own, and is ended with all of it. Its standard input is a pipe, so
 *     that it ends by itself when this process is killed.
 * C3. Nothing is installed or written: the children are only ever asked to read.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { COMPILER_HEAP, MAX_COMPILER_OUTPUT } from './limits.ts';
import { type Project, ProjectError } from './project/project.ts';
import { Refusal, systemCode } from '../shared/refusal.ts';

export type Compiler = ChildProcessWithoutNullStreams;

/** The native compiler that npm installed with this package. Throws a ProjectError if there is none. */
export function installedCompiler(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
    // A dependency of that package: wherever it is installed, it is found from there.
    const native = createRequire(typescript).resolve(
      `@typescript/typescript-${platform}/package.json`,
    );
    return path.join(path.dirname(native), 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc');
  } catch (error) {
    throw new ProjectError(
      `TypeScript is not installed for ${platform}: reinstall this package with its optional dependencies, or name a compiler with --tsc.`,
      { cause: error },
    );
  }
}

/** Starts the compiler in the project's folder. That it cannot be started is told by its "error" event. */
export function startCompiler(project: Project, args: readonly string[]): Compiler {
  return spawn(project.tsc, args, {
    cwd: project.real,
    env: { GOMEMLIMIT: COMPILER_HEAP, ...process.env },
    detached: process.platform !== 'win32', // C2
    windowsHide: true,
  });
}

/** Ends a child and its whole group, at once (C2). */
export function killCompiler(child: Compiler): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (process.platform === 'win32') {
    child.kill('SIGKILL');
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It ended just now.
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/** Runs the compiler to its end, whatever its exit code, and resolves to what it printed. */
export async function runCompiler(
  project: Project,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const child = startCompiler(project, args);
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdin.on('error', () => {
    // It does not read, and may be gone already: the exit tells.
  });
  child.stdin.end();
  child.stderr.resume();
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_COMPILER_OUTPUT) killCompiler(child);
    else chunks.push(chunk);
  });
  const onAbort = () => killCompiler(child);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await once(child, 'close');
  } catch (error) {
    throw cannotStart(error);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  signal.throwIfAborted();
  if (size > MAX_COMPILER_OUTPUT) {
    throw new Refusal('The project is too large: the compiler prints more than can be read.');
  }
  return Buffer.concat(chunks).toString();
}

/** What to say when the operating system does not start the compiler. */
export function cannotStart(error: unknown): Refusal {
  return new Refusal(
    `The TypeScript compiler could not be started (${systemCode(error) ?? 'unknown reason'}).`,
    { cause: error },
  );
}
