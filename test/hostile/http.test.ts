import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe } from 'vitest';
import { HttpProcess } from '../support/http-process.ts';
import { verifies } from '../support/verifies.ts';
import { HTTP_FAULTS, port } from './http-faults.ts';

let server: HttpProcess | undefined;
beforeAll(async () => {
  const path = fileURLToPath(new URL('./fixtures/hostile-http.mjs', import.meta.url));
  server = await HttpProcess.printingPort([path]);
  port.current = server.port;
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe('a healthy server answers twenty calls beside', () => {
  for (const { title, run } of HTTP_FAULTS) verifies('siblings:healthy-beside-fault', title, run);
});
