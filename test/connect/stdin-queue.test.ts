import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { StdinQueue } from '../../src/connect/stdin-queue.ts';
import { heapGrowth } from '../support/garbage.ts';
import { turn } from '../support/turn.ts';

test('what is withdrawn from a process that does not read is not kept', async () => {
  const written: string[] = [];
  let drain = (): void => undefined;
  const stream = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      written.push(chunk);
      drain = done;
    },
  });
  const queue = new StdinQueue(stream);
  await queue.send('first\n');
  const grown = heapGrowth(() => {
    for (let count = 0; count < 1_000; count += 1) {
      const line = { line: `${'x'.repeat(20_000)}${count}\n`, onunsent: () => undefined };
      // One text in memory, not a rope of parts that are shared.
      line.line.charCodeAt(20_001);
      queue.push(line);
      expect(queue.withdraw(line)).toBe(true);
      expect(queue.withdraw(line)).toBe(false);
    }
  });
  expect(grown).toBeLessThan(5_000_000);
  const last = queue.send('last\n');
  drain();
  await last;
  await turn();
  expect(written).toEqual(['first\n', 'last\n']);
});
