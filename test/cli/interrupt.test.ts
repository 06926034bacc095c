import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { delta, message, scriptedEndpoint, stream, waitFor } from '../support/scripted-endpoint.ts';
import { eventually } from '../support/leaks.ts';
import { deskPlace, Workplace } from './workplace.ts';
import { verifies } from '../support/verifies.ts';

const HANG = ['desk__hang', '{"id": "h"}'];

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s in the middle of a batch cancels at the server, writes what there is, and exits with 130',
  async (signal) => {
    await using place = deskPlace();
    const running = place.start(['call', 'desk__read', '{"id": "a"}', ...HANG, '--json']);
    await place.written('end read a');
    await place.written('start hang h');
    // The call that ended is known to the command, too, before it is interrupted.
    await eventually('the end of the first call', () => running.stderr().includes('end desk read'));
    running.child.kill(signal);
    const { code, stdout, stderr } = await running.finished;
    expect(JSON.parse(stdout)).toMatchObject({
      results: [
        { outcome: { kind: 'ok' } },
        { outcome: { kind: 'cancelled', ran: 'unknown' }, attempts: 1 },
      ],
    });
    expect(place.journal()).toContain('cancelled hang h');
    expect(stderr).toContain('interrupted: cancelling');
    expect(code).toBe(130);
    await place.gone();
  },
);

verifies(
  'orphans:none',
  'the second Ctrl-C waits for nothing, and takes the servers along',
  async () => {
    await using place = new Workplace();
    // It neither ends with its stdin nor with a SIGTERM.
    place.config({ desk: place.desk('journal', ['--stubborn']) });
    const running = place.start(['call', ...HANG]);
    await place.written('start hang h');
    running.child.kill('SIGINT');
    await eventually('the first one', () => running.stderr().includes('interrupted'));
    running.child.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
    await place.gone();
  },
);

test('a run that is interrupted while the model speaks keeps what it said', async () => {
  await using place = deskPlace();
  const never = deferred<void>();
  await using endpoint = await scriptedEndpoint([
    stream([delta({ content: 'Half an ans' }), waitFor(never.promise)]),
  ]);
  const env = { OPENAI_BASE_URL: endpoint.url };
  const running = place.start(['run', 'Do it.'], { env });
  await eventually('the text', () => running.stdout() === 'Half an ans');
  running.child.kill('SIGINT');
  const { code, stdout } = await running.finished;
  never.resolve();
  expect(stdout).toBe('Half an ans\n');
  expect(code).toBe(130);
});

test('a run that is interrupted in a batch says so in its JSON', async () => {
  await using place = deskPlace();
  const call = { name: 'desk__hang', arguments: { id: 'h' } };
  await using endpoint = await scriptedEndpoint([message({ text: 'I look.', calls: [call] })]);
  const env = { OPENAI_BASE_URL: endpoint.url };
  const running = place.start(['run', 'Do it.', '--json'], { env });
  await place.written('start hang h');
  running.child.kill('SIGINT');
  const { code, stdout } = await running.finished;
  expect(JSON.parse(stdout)).toMatchObject({
    stopReason: 'interrupted',
    turns: [{ text: 'I look.', calls: [{ outcome: { kind: 'cancelled' } }] }],
  });
  expect(code).toBe(130);
  expect(place.journal()).toContain('cancelled hang h');
});

test('tools that are interrupted while a server hangs list what there is', async () => {
  await using place = new Workplace();
  const mute = { ...place.desk('mute', ['--mode', 'hang']), timeouts: { connectMs: 600_000 } };
  place.config({ desk: place.desk(), mute }, { limits: { patienceMs: 600_000 } });
  const running = place.start(['tools', '--log-level', 'info']);
  await eventually('the good server', () => running.stderr().includes('server=desk state=ready'));
  running.child.kill('SIGINT');
  const { code, stdout } = await running.finished;
  expect(stdout).toContain('desk__read');
  expect(code).toBe(130);
});

test('reading a prompt that never comes can be interrupted', async () => {
  await using place = deskPlace();
  const running = place.start(['run', '-'], { input: { kind: 'open' } });
  // Once it has read the first part, it waits for more.
  running.child.stdin?.write('x'.repeat(1_000_000));
  await eventually('the reading', () => running.child.stdin?.writableLength === 0);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(130);
  expect(place.started()).toBe(false);
});
