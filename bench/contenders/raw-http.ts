import { Pool } from 'undici';
import type { RawClient } from './raw-client.ts';

const DATA = 'data: ';

/** Over a connection pool; an answer is a document, or an event stream that holds nothing else. */
export function rawHttp(url: string): RawClient {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { keepAliveTimeout: 60_000 });
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const post = (message: object) =>
    pool.request({ path: pathname, method: 'POST', headers, body: JSON.stringify(message) });
  let lastId = 0;
  return {
    request: async (method, params) => {
      lastId += 1;
      const answer = await post({ jsonrpc: '2.0', id: lastId, method, params });
      const text = await answer.body.text();
      const json = text.startsWith('{') ? text : text.slice(text.indexOf(DATA) + DATA.length);
      const { result } = JSON.parse(json) as { result: unknown };
      return result;
    },
    notify: (method) => {
      void post({ jsonrpc: '2.0', method }).then((answer) => answer.body.dump());
    },
    close: () => void pool.close(),
  };
}
