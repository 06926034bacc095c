import { strictEqual } from 'node:assert/strict';
import { timed, type Work } from '../bench.ts';

/** Connects to all servers. */
export const connect: Work = {
  unit: 'ms',
  run: ({ open }) => timed(() => open()),
};

/** Connects to all servers, lists their tools and merges them: `count` of them. */
export const list: Work = {
  unit: 'ms',
  run: ({ open }, { count = 0 }) =>
    timed(async () => {
      const fleet = await open();
      strictEqual(await fleet.tools(), count);
    }),
};
