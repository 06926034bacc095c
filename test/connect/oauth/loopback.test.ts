import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { LoopbackListener } from '../../../src/connect/oauth/loopback.ts';

/** A connection to the listener, over which a test says what it likes. */
async function dial(listener: LoopbackListener): Promise<Socket> {
  const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, target: string): Promise<string> {
  socket.write(`GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe('the listener that a browser comes back to', () => {
  test.each(['//', 'http://[', '///x', '*'])(
    'refuses what is no address (%s), and goes on waiting',
    async (target) => {
      await using listener = await LoopbackListener.open(0, 'the-state');
      expect(await ask(await dial(listener), target)).toMatch(/^HTTP\/1\.1 404 /);
      const answer = listener.answer(new AbortController().signal);
      await ask(await dial(listener), '/callback?state=the-state&code=c');
      expect((await answer).get('code')).toBe('c');
    },
  );

  test('answers who comes while it closes, as browsers do that connect before they ask', async () => {
    const listener = await LoopbackListener.open(0, 'the-state');
    const early = await dial(listener);
    const closed = listener[Symbol.asyncDispose]();
    expect(await ask(early, '/favicon.ico')).toMatch(/^(?:HTTP\/1\.1 404 |$)/);
    await closed;
  });
});
