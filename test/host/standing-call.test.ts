import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../support/calls-after-pauses.mjs', import.meta.url));
/** As V8 says it of each function whose code goes with a hidden class. */
const THROWN_AWAY =
  /SharedFunctionInfo (?:Scope|Entry|Sending|LaneCall|CallExchange|CallClock|PostedLine)>.*weak objects/gu;

it('code compiled for calls outlives the calls, and collections between them; what stands for it keeps no process alive', () => {
  const args = ['--expose-gc', '--trace-deopt', SCRIPT];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1_024 * 1_024,
    // It ends by itself.
    timeout: 60_000,
  });
  expect(status).toBe(0);
  // One may still be learning when the first calls are made; without standing calls it is each of them, each time.
  expect([...stdout.matchAll(THROWN_AWAY)].length).toBeLessThan(4);
}, 90_000);
