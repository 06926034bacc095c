import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Dispatcher } from 'undici';
import { openPool } from '../../src/connect/http-pool.ts';
import { eventually } from '../support/leaks.ts';

/** A server that answers when as many requests have come as were asked for, and the requests to it. */
class Gate implements AsyncDisposable {
  readonly pool: Dispatcher = openPool();
  readonly ports = new Set<number | undefined>();
  readonly waiting: ServerResponse[] = [];
  readonly server = createServer((request, response) => {
    this.ports.add(request.socket.remotePort);
    request.resume();
    this.waiting.push(response);
  });

  static async open(): Promise<Gate> {
    const gate = new Gate();
    gate.server.listen(0, '127.0.0.1');
    await once(gate.server, 'listening');
    return gate;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves to how it ended. */
  request(headers: Record<string, string> = {}, origin = this.origin): Promise<string> {
    return new Promise((resolve) => {
      this.pool.dispatch(
        { origin, path: '/', method: 'POST', body: 'x', headers },
        {
          onRequestStart: () => undefined,
          onResponseStart: () => undefined,
          onResponseData: () => undefined,
          onResponseEnd: () => {
            resolve('answered');
          },
          onResponseError: (_controller, reason) => {
            resolve((reason as { code?: string }).code ?? reason.message);
          },
        },
      );
    });
  }

  /** So many requests at once, of which none is answered before all have come. */
  async round(count: number): Promise<readonly string[]> {
    const requests = Array.from({ length: count }, () => this.request());
    await eventually(`${count} requests`, () => this.waiting.length === count);
    for (const response of this.waiting.splice(0)) response.end('ok');
    return await Promise.all(requests);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.destroy();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

describe('a pool of connections', () => {
  test('has no cap where requests wait for each other', async () => {
    await using gate = await Gate.open();
    const answers = await gate.round(200);
    expect(answers.filter((answer) => answer === 'answered')).toHaveLength(200);
  });

  test('uses what it has, where connections come free, instead of opening twice as many', async () => {
    await using gate = await Gate.open();
    for (let round = 0; round < 4; round += 1) await gate.round(64);
    expect(gate.ports.size).toBeLessThan(100);
  });

  test('opens no more connections for a batch that follows another at once', async () => {
    await using gate = await Gate.open();
    for (let round = 0; round < 10; round += 1) await gate.round(20);
    expect(gate.ports.size).toBe(20);
  });

  test('goes on after a request that cannot be sent, and after connections that broke', async () => {
    await using gate = await Gate.open();
    expect(await gate.request({ 'no name': 'x' })).toBe('UND_ERR_INVALID_ARG');
    await gate.round(3);
    const broken = gate.request();
    await eventually('the request', () => gate.waiting.length === 1);
    gate.server.closeAllConnections();
    expect(await broken).toBe('UND_ERR_SOCKET');
    gate.waiting.length = 0;
    // Connections that broke while they were idle are noticed one by one.
    const goOn = setInterval(() => gate.waiting.splice(0).forEach((response) => response.end()), 1);
    let answered = 0;
    for (let tries = 0; tries < 20; tries += 1) {
      if ((await gate.request()) === 'answered') answered += 1;
    }
    clearInterval(goOn);
    expect(answered).toBeGreaterThan(10);
  });

  test('ends every request when it is destroyed, also those that wait for a connection', async () => {
    await using gate = await Gate.open();
    const requests = Array.from({ length: 150 }, () => gate.request());
    await gate.pool.destroy();
    expect(new Set(await Promise.all(requests))).toEqual(new Set(['UND_ERR_DESTROYED']));
    expect(await gate.request()).toBe('UND_ERR_DESTROYED');
    await using other = await Gate.open();
    const late = gate.request({}, other.origin);
    expect(await late, 'to an origin that was not asked before').toBe('UND_ERR_DESTROYED');
  });
});
