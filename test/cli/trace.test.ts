import { existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Trace } from '../../src/record/trace.ts';
import { message, scriptedEndpoint } from '../support/scripted-endpoint.ts';
import { deskPlace, Workplace } from './workplace.ts';

const read = (id: string): object => ({ name: 'desk__read', arguments: { id } });

/** A workplace where a run of two turns was recorded. */
async function recorded(): Promise<Workplace> {
  const place = deskPlace();
  await using endpoint = await scriptedEndpoint([
    message({
      text: 'I look.',
      calls: [
        { name: 'desk__read', arguments: { id: 'a' } },
        { name: 'desk__set_value', arguments: { id: 'b' } },
        { name: 'desk__read', arguments: { id: 'c' } },
        { name: 'desk__fail', arguments: {} },
      ],
    }),
    message({ text: 'Done.' }),
  ]);
  const args = ['run', 'Do it.', '--allow', '*', '--trace', 'run.jsonl'];
  const { code } = await place.run(args, { env: { OPENAI_BASE_URL: endpoint.url } });
  expect(code).toBe(0);
  return place;
}

describe('trace', () => {
  test('prints the waterfall of a run: why each call waited, what failed, where the results went', async () => {
    await using place = await recorded();
    const { code, stdout, stderr } = await place.runBare(['trace', 'run.jsonl']);
    expect(stdout).toMatch(/^trace of a run · .* UTC · 2 turns · /);
    expect(stdout).toMatch(
      /^turn 1 · the model began after .* · called 4 tools · .*\(tool-calls\)$/m,
    );
    expect(stdout).toMatch(/^desk {2}read +·*█+ .*ok$/m);
    expect(stdout).toMatch(
      /^desk {2}read .*\n {4}waited .* for an earlier call of its batch \(order\)$/m,
    );
    expect(stdout).toMatch(/^desk {2}fail .*tool-error$/m);
    expect(stdout).toContain('no such record');
    expect(stdout).toMatch(/^4 calls \(1 failed\) · /m);
    expect(stdout).toMatch(/^→ all 4 results went into turn 2, in call order$/m);
    expect(stdout).toMatch(/^turn 2 · .* · called nothing · .*\(stop\)\n“Done\.”$/m);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  test('--json prints the parsed structure', async () => {
    await using place = await recorded();
    const { stdout } = await place.runBare(['trace', 'run.jsonl', '--json']);
    const trace = JSON.parse(stdout) as Trace;
    const ms = expect.any(Number);
    expect(trace).toMatchObject({
      kind: 'run',
      servers: [{ name: 'desk', state: 'ready', protocolVersion: '2025-06-18', notices: [] }],
      tornLine: null,
      omitted: { lines: 0, calls: 0, turns: 0, details: 0 },
    });
    expect(
      trace.turns.map(({ turn, finish, resultsInto, text }) => [turn, finish, resultsInto, text]),
    ).toEqual([
      [1, 'tool-calls', 2, 'I look.'],
      [2, 'stop', null, 'Done.'],
    ]);
    expect(trace.turns[0]!.batch!.calls[0]).toStrictEqual({
      id: 'call_1',
      index: 0,
      name: 'desk__read',
      server: 'desk',
      tool: 'read',
      arguments: { id: 'a' },
      access: 'read',
      accessRule: 'annotation:readOnlyHint',
      queuedMs: ms,
      startedMs: ms,
      endedMs: ms,
      attempts: 1,
      waits: expect.any(Array),
      sends: [{ attempt: 1, startMs: ms, endMs: ms }],
      revisions: 0,
      outcome: { kind: 'ok', code: null, ran: 'yes', text: 'read a' },
      cut: [],
    });
  });

  test('a recording of call is read, too', async () => {
    await using place = deskPlace();
    await place.run(['call', 'desk__read', '{"id": "a"}', '--trace', 'call.jsonl']);
    const { stdout } = await place.runBare(['trace', 'call.jsonl']);
    expect(stdout).toMatch(/^trace of a call · /);
    expect(stdout).toMatch(/^batch · /m);
    expect(stdout).toMatch(/^desk {2}read .*ok$/m);
    expect(stdout).not.toContain('went into');
  });

  test('a program that is killed leaves a trace that is valid up to its last line', async () => {
    await using place = deskPlace();
    const batch = JSON.stringify([read('a'), { name: 'desk__hang', arguments: { id: 'b' } }]);
    place.write('batch.json', batch);
    const running = place.start(['call', '--batch', 'batch.json', '--trace', 'killed.jsonl']);
    await place.written('start hang b');
    await place.written('end read a');
    // The answer is on its way: it is recorded before anything is told of it.
    await expect
      .poll(() => readFileSync(join(place.folder, 'killed.jsonl'), 'utf8'))
      .toContain('call-end');
    running.child.kill('SIGKILL');
    await running.finished;
    const text = readFileSync(join(place.folder, 'killed.jsonl'), 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.trimEnd().split('\n'))
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    const { code, stdout } = await place.runBare(['trace', 'killed.jsonl']);
    expect(stdout).toContain(
      'the recording ends before the run did: it was killed, or it still runs',
    );
    expect(stdout).toMatch(/^desk {2}read .*ok$/m);
    expect(stdout).toMatch(/^desk {2}hang .*running$/m);
    expect(stdout).toMatch(/^2 calls \(1 not ended\) · /m);
    expect(code).toBe(0);
  });

  test('a last line that breaks off is told and left out', async () => {
    await using place = await recorded();
    const path = join(place.folder, 'run.jsonl');
    truncateSync(path, statSync(path).size - 10);
    const { code, stdout } = await place.runBare(['trace', 'run.jsonl']);
    expect(stdout).toMatch(/! line \d+, the last one, breaks off in the middle and is left out/);
    expect(stdout).toMatch(/^desk {2}read .*ok$/m);
    expect(code).toBe(0);
  });

  test('--trace never overwrites what is no trace, and nothing is started', async () => {
    await using place = deskPlace();
    const path = join(place.folder, 'mcp.config.json');
    const before = readFileSync(path, 'utf8');
    const args = ['call', 'desk__read', '{"id": "a"}', '--trace', 'mcp.config.json'];
    const { code, stderr } = await place.run(args);
    expect(stderr).toContain('it is there already, and is not the trace of an earlier run');
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(existsSync(join(place.folder, 'journal'))).toBe(false);
    expect(code).toBe(2);
  });

  test('--html writes a page, for its owner alone, and says so', async () => {
    await using place = await recorded();
    const { code, stdout } = await place.runBare(['trace', 'run.jsonl', '--html', 'run.html']);
    const path = join(place.folder, 'run.html');
    expect(stdout).toBe('run.html: 4 calls, ready to be opened in a browser\n');
    expect(readFileSync(path, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(code).toBe(0);
  });

  test('--html overwrites a page of ours, and never the trace itself', async () => {
    await using place = await recorded();
    const page = ['trace', 'run.jsonl', '--html', 'run.html'];
    expect((await place.runBare(page)).code).toBe(0);
    expect((await place.runBare(page)).code).toBe(0);
    const nowhere = await place.runBare(['trace', 'run.jsonl', '--html', 'none/run.html']);
    expect(nowhere.stderr).toContain(
      'cannot write the page none/run.html: there is no such folder: none',
    );
    expect(nowhere.code).toBe(2);
    const before = readFileSync(join(place.folder, 'run.jsonl'), 'utf8');
    const { code, stderr } = await place.runBare(['trace', 'run.jsonl', '--html', './run.jsonl']);
    expect(stderr).toContain('it is there already, and is not the page of an earlier run');
    expect(readFileSync(join(place.folder, 'run.jsonl'), 'utf8')).toBe(before);
    expect(code).toBe(2);
  });

  test('--server leaves the calls of this server, and knows those that are there', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk(), other: place.desk('other') });
    const calls = ['desk__read', '{"id": "a"}', 'other__read', '{"id": "a"}'];
    await place.run(['call', ...calls, '--trace', 'call.jsonl']);
    const one = await place.runBare(['trace', 'call.jsonl', '--server', 'other']);
    expect(one.stdout).toMatch(/^other {2}read /m);
    expect(one.stdout).not.toMatch(/^desk/m);
    const none = await place.runBare(['trace', 'call.jsonl', '--server', 'othre']);
    expect(none.stderr).toContain('the trace has no server "othre"; did you mean "other"?');
    expect(none.code).toBe(2);
  });

  test.each([
    [['trace', 'none.jsonl'], 'cannot read none.jsonl: there is no such file'],
    [['trace', 'mcp.config.json'], 'mcp.config.json:1: this is no trace'],
    [['trace', '.'], 'cannot read .:'],
    // It has no end, and no line.
    [['trace', '/dev/zero'], '/dev/zero:1: this is no trace'],
  ])('%j is bad usage', async (args, words) => {
    await using place = deskPlace();
    const { code, stdout, stderr } = await place.runBare(args);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(join(place.folder, 'journal'))).toBe(false);
  });
});
