import { expect, test } from 'vitest';
import { connectTimeout } from '../../src/connect/connect-failure.ts';

const CONTEXT = {
  server: 'desk',
  phase: 'handshake',
  address: undefined,
  ended: undefined,
} as const;
const FACTS = { ms: 2_000, received: 0, junkLines: 0, process: undefined };

test('a server that writes its logs to stdout is told so first', () => {
  expect(connectTimeout(CONTEXT, { ...FACTS, junkLines: 3 }).message).toContain(
    'timeouts.connectMs): it writes to stdout what is no message (3 lines; its logs belong on stderr), and it did not answer the first message, and has sent no message at all.',
  );
});

test('nothing is said of stdout where nothing was wrong with it', () => {
  expect(connectTimeout(CONTEXT, FACTS).message).toContain(
    'timeouts.connectMs): it did not answer the first message, and has sent no message at all.',
  );
});
