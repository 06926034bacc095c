import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { SERVER as TESTBED } from '../servers/testbed-session.ts';
import { MARKER } from '../support/leaks.ts';
import { message, scriptedEndpoint, stream, waitFor } from '../support/scripted-endpoint.ts';
import { MAIN, Workplace } from './workplace.ts';

interface Cut {
  readonly part: string;
  readonly bytes: number;
  readonly shownBytes: number;
  readonly file: string | null;
}
interface Answered {
  readonly outcome: { readonly kind: string; readonly cut?: readonly Cut[] };
}

/** A workplace with the testbed, whose `big` answers with as much as is asked for. */
function bigPlace(limits: object): Workplace {
  const place = new Workplace();
  const env = { [MARKER]: place.marker };
  const testbed = { command: process.execPath, args: [TESTBED], env };
  return place.config({ testbed }, { limits });
}

const big = (bytes: number): string[] => ['testbed__big', JSON.stringify({ bytes, kind: 'text' })];

const kept = (place: Workplace): string => join(place.folder, '.cache', 'mcp-fanout', 'results');

test('call gives a result up to maxResultBytes, and names the file that has the whole', async () => {
  await using place = bigPlace({ maxResultBytes: 100_000 });
  const { code, stdout } = await place.run(['call', ...big(100_000), ...big(300_000), '--json']);
  const { results } = JSON.parse(stdout) as { results: readonly Answered[] };
  expect(results[0]?.outcome).not.toHaveProperty('cut');
  const [cut] = results[1]?.outcome.cut ?? [];
  expect(cut).toMatchObject({ part: 'text', bytes: 300_000, shownBytes: 100_000 });
  expect(statSync(cut?.file ?? '').size).toBe(300_000);
  expect(code).toBe(0);

  const shown = await place.run(['call', ...big(300_000)]);
  const file = /The whole is kept in (\S+\.txt)\.\]\n$/u.exec(shown.stdout)?.[1] ?? '';
  expect(readFileSync(file, 'utf8')).toBe(readFileSync(cut?.file ?? '', 'utf8'));
});

test('what is cut and where it is kept stands in the trace', async () => {
  await using place = bigPlace({ maxBatchResultBytes: 1000 });
  const call = { name: 'testbed__big', arguments: { bytes: 5000, kind: 'text' } };
  await using endpoint = await scriptedEndpoint([
    message({ calls: [call] }),
    message({ text: 'Much.' }),
  ]);
  const env = { OPENAI_BASE_URL: endpoint.url };
  await place.run(['run', 'How much?', '--trace', 'trace.ndjson'], { env });
  const { stdout } = await place.runBare(['trace', 'trace.ndjson']);
  expect(stdout).toMatch(
    /^ {4}cut · text: 1,000 of 5,000 bytes; the whole is in \S+\/r1-1\.txt$/mu,
  );
});

test.skipIf(process.platform === 'win32')(
  'a disk that is full costs one warning and what is not kept, and leaves no half file',
  async () => {
    await using place = bigPlace({ maxResultBytes: 1000 });
    // No file of the command may have more than 100 KiB.
    const args = ['call', ...big(300_000), ...big(300_001), ...big(2000), '--json'];
    const words = [process.execPath, MAIN, ...args, '--config', place.configPath];
    const command = `ulimit -f 100; exec ${words.map((word) => `'${word}'`).join(' ')}`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command], {
      cwd: place.folder,
      env: place.env(),
    });
    const { results } = JSON.parse(stdout) as { results: readonly Answered[] };
    expect(results.map(({ outcome }) => outcome.cut?.[0]?.file === null)).toEqual([
      true,
      true,
      false,
    ]);
    expect(stdout).toContain('bytes are shown here; the rest is not kept: EFBIG');
    expect(stderr.match(/cannot be kept/gu)).toHaveLength(1);
    const [run = ''] = readdirSync(kept(place));
    expect(readdirSync(join(kept(place), run))).toEqual(['r1-3.txt']);
  },
);

test('a run that is interrupted leaves what it had cut, whole and private', async () => {
  await using place = bigPlace({ maxBatchResultBytes: 1000 });
  const never = deferred<void>();
  const call = { name: 'testbed__big', arguments: { bytes: 5_000_000, kind: 'text' } };
  await using endpoint = await scriptedEndpoint([
    message({ calls: [call] }),
    stream([waitFor(never.promise)]),
  ]);
  const env = { OPENAI_BASE_URL: endpoint.url };
  const running = place.start(['run', 'How much?', '--json'], { env });
  await endpoint.arrived(2);
  running.child.kill('SIGINT');
  const { code, stdout } = await running.finished;
  never.resolve();
  expect(code).toBe(130);
  const { turns } = JSON.parse(stdout) as { turns: readonly { calls: readonly Answered[] }[] };
  const [cut] = turns[0]?.calls[0]?.outcome.cut ?? [];
  const stats = statSync(cut?.file ?? '');
  expect([stats.size, stats.mode & 0o777]).toEqual([5_000_000, 0o600]);
});
