import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A model at an address of this machine, which answers whatever it is asked with one word. */
export interface ModelEndpoint {
  /** What an OpenAI client takes as its base URL. */
  readonly url: string;
  /** Resolves at the first question, to the number of tools that it offers. */
  readonly asked: Promise<number>;
  close(): void;
}

const HEAD = { id: 'answer', created: 0, model: 'fake' };
const MESSAGE = { role: 'assistant', content: 'Hello.' };
const WHOLE = JSON.stringify({
  ...HEAD,
  object: 'chat.completion',
  choices: [{ index: 0, message: MESSAGE, finish_reason: 'stop' }],
});
const CHUNK = JSON.stringify({
  ...HEAD,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: MESSAGE, finish_reason: 'stop' }],
});

export async function openModel(): Promise<ModelEndpoint> {
  let tell: (tools: number) => void;
  const asked = new Promise<number>((resolve) => {
    tell = resolve;
  });
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { tools = [], stream = false } = JSON.parse(body) as {
        readonly tools?: readonly unknown[];
        readonly stream?: boolean;
      };
      tell(tools.length);
      const type = stream ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { 'content-type': type });
      response.end(stream ? `data: ${CHUNK}\n\ndata: [DONE]\n\n` : WHOLE);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
