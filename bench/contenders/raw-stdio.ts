import { spawn } from 'node:child_process';
import { SMALL_ENV } from '../race/environment.ts';
import type { RawClient } from './raw-client.ts';

const NEWLINE = 0x0a;

/** Over the pipes of a child: chunks are joined once a line, and what is written in one turn of the event loop is one write. */
export function rawStdio(command: string, args: readonly string[]): RawClient {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: SMALL_ENV,
    detached: true,
  });
  const pending = new Map<number, (result: unknown) => void>();
  let parts: Buffer[] = [];
  const receive = (line: Buffer): void => {
    const { id, result } = JSON.parse(line.toString()) as { id: number; result: unknown };
    const resolve = pending.get(id);
    pending.delete(id);
    resolve?.(result);
  };
  child.stdout.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end);
      receive(parts.length === 0 ? part : Buffer.concat([...parts, part]));
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  });
  let lastId = 0;
  let waiting = '';
  const write = (message: object): void => {
    if (waiting === '') {
      process.nextTick(() => {
        child.stdin.write(waiting);
        waiting = '';
      });
    }
    waiting += `${JSON.stringify(message)}\n`;
  };
  return {
    request: (method, params) =>
      new Promise((resolve) => {
        lastId += 1;
        pending.set(lastId, resolve);
        write({ jsonrpc: '2.0', id: lastId, method, params });
      }),
    notify: (method) => {
      write({ jsonrpc: '2.0', method });
    },
    close: () => child.stdin.end(),
  };
}
