import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test(
  'the demo asks no endpoint, whatever the environment names',
  { timeout: 120_000 },
  async () => {
    let asked = 0;
    const endpoint = createServer((_, response) => {
      asked += 1;
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    const { port } = endpoint.address() as AddressInfo;
    try {
      const { stdout } = await run(process.execPath, ['dist/src/cli/demo.js'], {
        env: {
          ...process.env,
          OPENAI_API_KEY: 'sk-none',
          OPENAI_BASE_URL: `http://127.0.0.1:${String(port)}/v1`,
        },
      });
      expect(stdout).toContain('No key and no network is needed');
      // For each of the three questions: what it calls, and what came of it.
      expect(stdout.match(/^Offline planner/gm)).toHaveLength(6);
      expect(asked).toBe(0);
      // They are set.
      expect(stdout).not.toContain('Set OPENAI_API_KEY');
    } finally {
      endpoint.close();
    }
  },
);
