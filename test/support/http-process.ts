import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A server that listens, in a process of its own, for as long as a test needs it. */
export class HttpProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts `node ARGS`, which prints its port as the first line of stdout. */
  static async printingPort(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<HttpProcess> {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
    });
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    return new HttpProcess(child, Number(chunk.toString().trim()));
  }

  /** Starts `node ARGS`, which listens on the port in `PORT`: `port`, or a free one. */
  static async onPort(args: readonly string[], wanted?: number): Promise<HttpProcess> {
    const port = wanted ?? (await freePort());
    const child = spawn(process.execPath, args, {
      stdio: 'ignore',
      env: { ...process.env, PORT: String(port) },
    });
    for (;;) {
      try {
        await fetch(`http://127.0.0.1:${port}/`);
        return new HttpProcess(child, port);
      } catch {
        if (child.exitCode !== null)
          throw new Error(`${args.join(' ')} exited with code ${child.exitCode}`);
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
