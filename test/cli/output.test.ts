import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { delta, message, scriptedEndpoint, stream, waitFor } from '../support/scripted-endpoint.ts';
import { deskPlace, MAIN, Workplace } from './workplace.ts';

describe('stdout', () => {
  test('that is read only in part (| head -1) ends the command quietly', async () => {
    await using place = deskPlace();
    const command = `set -o pipefail; '${process.execPath}' '${MAIN}' call desk__big '{}' --config mcp.config.json | head -1`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command], {
      cwd: place.folder,
      env: place.env(),
    });
    expect(stdout).toMatch(/^# desk__big · ok · .*\n$/);
    expect(stderr).not.toContain('error');
    expect(stderr).not.toContain('EPIPE');
  });

  test('that nobody reads any more ends a run, though its model would go on', async () => {
    await using place = deskPlace();
    const closed = deferred<void>();
    const never = deferred<void>();
    await using endpoint = await scriptedEndpoint([
      stream([
        delta({ content: 'First.' }),
        waitFor(closed.promise),
        delta({ content: ' Then.' }),
        waitFor(never.promise),
      ]),
    ]);
    const running = place.start(['run', 'Hi'], { env: { OPENAI_BASE_URL: endpoint.url } });
    running.child.stdout?.once('data', () => {
      running.child.stdout?.destroy();
      closed.resolve();
    });
    const { code, stderr } = await running.finished;
    never.resolve();
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  test('that is full is an error with exit code 1', async () => {
    await using place = deskPlace();
    const command = `'${process.execPath}' '${MAIN}' tools --config mcp.config.json > /dev/full`;
    const { status, stderr } = spawnSync('bash', ['-c', command], {
      cwd: place.folder,
      env: place.env(),
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^error: the result could not be written: .*ENOSPC/m);
    expect(status).toBe(1);
  });

  test('has no colours, no escapes and no progress in it when it is a pipe', async () => {
    await using place = deskPlace();
    const { stdout, stderr } = await place.run(['tools', '--log-level', 'trace']);
    expect(stdout + stderr).not.toContain('\u001b');
    expect(stdout).not.toContain('connection-change');
    expect(stderr).toContain('connection-change');
  });

  test('--log-level silent leaves nothing but results and errors', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk(), broken: place.desk('broken', ['--mode', 'exit']) });
    const args = [
      'call',
      'desk__read',
      '{"id": "a"}',
      'broken__read',
      '{}',
      '--log-level',
      'silent',
    ];
    const { stderr } = await place.run(args);
    expect(stderr).toBe('');
  });
});

describe('--trace', () => {
  const READ = ['call', 'desk__read', '{"id": "a"}'];

  test('records every event as a line of JSON, for its owner only', async () => {
    await using place = deskPlace();
    const { code } = await place.run([...READ, '--trace', 'trace.jsonl']);
    const path = join(place.folder, 'trace.jsonl');
    const events = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'connection-change',
        'batch-start',
        'call-queue',
        'call-start',
        'call-end',
        'batch-end',
      ]),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(code).toBe(0);
  });

  test('holds no secret of the config', async () => {
    await using place = new Workplace();
    const desk = place.desk() as { env: object };
    place.config({ desk: { ...desk, env: { ...desk.env, TOKEN: '${env:DESK_TOKEN}' } } });
    await using endpoint = await scriptedEndpoint([
      message({
        text: 'sk-123456 and desk-secret',
        calls: [{ name: 'desk__read', arguments: { id: 'desk-secret' } }],
      }),
      message({ text: 'Done.' }),
    ]);
    const env = {
      OPENAI_BASE_URL: endpoint.url,
      OPENAI_API_KEY: 'sk-123456',
      DESK_TOKEN: 'desk-secret',
    };
    const { stderr } = await place.run(
      ['run', 'Hi', '--trace', 't.jsonl', '--log-level', 'trace'],
      { env },
    );
    const trace = readFileSync(join(place.folder, 't.jsonl'), 'utf8');
    expect(place.journal()).toContain('end read desk-secret');
    expect(trace).toContain('[redacted]');
    for (const text of [trace, stderr]) {
      expect(text).not.toContain('sk-123456');
      expect(text).not.toContain('desk-secret');
    }
  });

  test('on a full disk costs one warning, and the run goes on', async () => {
    await using place = deskPlace();
    const { code, stdout, stderr } = await place.run([...READ, '--trace', '/dev/full']);
    expect(stdout).toContain('read a');
    expect(stderr.match(/\/dev\/full: the trace ends here: .*ENOSPC/g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  test('to a place that cannot be written is bad usage, and nothing is started', async () => {
    await using place = deskPlace();
    const { code, stderr } = await place.run([...READ, '--trace', 'none/trace.jsonl']);
    expect(stderr).toContain('error: cannot write the trace none/trace.jsonl');
    expect(code).toBe(2);
    expect(place.started()).toBe(false);
  });
});
