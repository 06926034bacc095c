import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import {
  delta,
  done,
  finished,
  message,
  plain,
  refusal,
  scriptedEndpoint,
  stream,
  waitFor,
  type Step,
} from '../support/scripted-endpoint.ts';
import { response } from '../support/scripted-responses.ts';
import { deskPlace, Workplace, type Finished } from './workplace.ts';

/** Two guests that wait for each other: only calls that overlap end. */
const MEETING = ['a', 'b'].map((id) => ({ name: 'desk__meet', arguments: { id, guests: 2 } }));
const WRITE = { name: 'desk__set_value', arguments: { id: 'w' } };

/** One run against a scripted model, on one desk. */
async function runWith(
  steps: readonly Step[],
  args: readonly string[] = [],
): Promise<
  Finished & {
    readonly journal: readonly string[];
    readonly requests: readonly Record<string, unknown>[];
  }
> {
  await using place = deskPlace();
  await using endpoint = await scriptedEndpoint(steps);
  const env = { OPENAI_BASE_URL: endpoint.url };
  const result = await place.run(['run', 'Do it.', ...args], { env });
  const requests = endpoint.requests.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  return { ...result, journal: place.journal(), requests };
}

describe('run', () => {
  test('runs the model’s calls at once and prints its text, and nothing else, on stdout', async () => {
    const { code, stdout, stderr } = await runWith([
      message({ text: 'I look.', calls: MEETING }),
      message({ text: 'They met.' }),
    ]);
    expect(stdout).toBe('I look.\nThey met.\n');
    expect(stderr).toMatch(/^2 calls · .* one by one/m);
    expect(code).toBe(0);
  });

  test('asks the Responses API with --api responses', async () => {
    const { code, stdout, requests } = await runWith(
      [
        response({ text: 'I look.', calls: MEETING, reasoning: 'gAAAA' }),
        response({ text: 'They met.' }),
      ],
      ['--api', 'responses'],
    );
    expect(stdout).toBe('I look.\nThey met.\n');
    expect(code).toBe(0);
    expect(requests[1]?.['input']).toMatchObject([
      { role: 'system' },
      { role: 'user', content: 'Do it.' },
      { type: 'reasoning', encrypted_content: 'gAAAA' },
      { type: 'message' },
      { type: 'function_call', call_id: 'call_1' },
      { type: 'function_call', call_id: 'call_2' },
      { type: 'function_call_output', call_id: 'call_1' },
      { type: 'function_call_output', call_id: 'call_2' },
    ]);
  });

  test('writes the text as it comes', async () => {
    await using place = deskPlace();
    const seen = deferred<void>();
    const parts = [
      delta({ content: 'First.' }),
      waitFor(seen.promise),
      delta({ content: ' Then.' }),
    ];
    await using endpoint = await scriptedEndpoint([stream([...parts, finished('stop'), done()])]);
    const running = place.start(['run', 'Do it.'], { env: { OPENAI_BASE_URL: endpoint.url } });
    running.child.stdout?.once('data', (text: string) => {
      expect(text).toBe('First.');
      // The rest is sent only now.
      seen.resolve();
    });
    expect((await running.finished).stdout).toBe('First. Then.\n');
  });

  test('--json gives exactly the documented shape', async () => {
    const { code, stdout } = await runWith(
      [
        message({
          text: 'I look.',
          calls: MEETING.slice(0, 1).map((call) => ({
            ...call,
            arguments: { id: 'a', guests: 1 },
          })),
        }),
        message({ text: 'Done.' }),
      ],
      ['--json', '--model', 'tiny'],
    );
    const ms = expect.any(Number);
    const call = {
      id: 'call_1',
      name: 'desk__meet',
      server: 'desk',
      tool: 'meet',
      arguments: { id: 'a', guests: 1 },
      access: 'read',
      accessRule: 'annotation:readOnlyHint',
      outcome: { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: 'met a' }] },
      queuedMs: ms,
      startedMs: ms,
      endedMs: ms,
      attempts: 1,
    };
    expect(JSON.parse(stdout)).toStrictEqual({
      answer: 'Done.',
      model: 'tiny',
      turns: [
        { text: 'I look.', calls: [call], wallMs: ms, sumMs: ms, longestMs: ms, speedup: ms },
        { text: 'Done.', calls: [], wallMs: 0, sumMs: 0, longestMs: 0, speedup: 1 },
      ],
      usage: { inputTokens: 22, outputTokens: 14, cachedInputTokens: 0 },
      stopReason: 'stop',
    });
    expect(code).toBe(0);
  });

  test('a failed call is no failure of a run that answers', async () => {
    const { code } = await runWith([
      message({ calls: [{ name: 'desk__fail', arguments: {} }] }),
      message({ text: 'It failed.' }),
    ]);
    expect(code).toBe(0);
  });

  test('a call that nobody approved is denied where nobody can be asked, and told the flag that allows it', async () => {
    const { code, stderr, journal, requests } = await runWith([
      message({ calls: [WRITE] }),
      message({ text: 'Denied.' }),
    ]);
    expect(journal).toEqual([]);
    expect(stderr).toContain("--allow 'desk__set_value'");
    expect(JSON.stringify(requests[1])).toContain('was denied');
    expect(code).toBe(0);
  });

  test('--allow lets it run, --deny beats it', async () => {
    const steps = [message({ calls: [WRITE] }), message({ text: 'Done.' })];
    expect((await runWith(steps, ['--allow', 'desk__set_*'])).journal).toContain('end set_value w');
    const both = await runWith(steps, ['--allow', '*', '--deny', 'desk__set_*']);
    expect(both.journal).toEqual([]);
  });

  test('a glob that matches nothing is told, for it is most likely mistyped', async () => {
    const { stderr } = await runWith([message({ text: 'Hi.' })], ['--deny', 'desk.set_value']);
    expect(stderr).toContain('--deny "desk.set_value" matches no tool that is there');
  });

  test('--no-parallel asks for one call at a time and runs one at a time', async () => {
    const reads = ['a', 'b'].map((id) => ({ name: 'desk__read', arguments: { id } }));
    const { journal, requests } = await runWith(
      [message({ calls: reads }), message({ text: 'Done.' })],
      ['--no-parallel'],
    );
    expect(journal).toEqual(['start read a', 'end read a', 'start read b', 'end read b']);
    expect(requests[0]).toMatchObject({ parallel_tool_calls: false });
  });

  test('--max-turns ends a run that would go on, with 1', async () => {
    const { code, stdout, stderr } = await runWith(
      [message({ calls: [{ name: 'desk__read', arguments: { id: 'a' } }] })],
      ['--max-turns', '1', '--json'],
    );
    expect(JSON.parse(stdout)).toMatchObject({ stopReason: 'max-turns', answer: '' });
    expect(stderr).toContain('stopped after 1 turn (--max-turns');
    expect(code).toBe(1);
  });

  test.each([
    ['a key that is refused', refusal(401, 'Incorrect API key provided'), /401/],
    [
      'a page instead of an answer',
      plain(502, '<html>Bad gateway</html>', { 'x-should-retry': 'false' }),
      /502/,
    ],
  ])('%s is told with the endpoint’s status, and exits with 1', async (_name, reply, words) => {
    const { code, stdout, stderr } = await runWith([reply], ['--json']);
    expect(JSON.parse(stdout)).toMatchObject({ stopReason: 'model-error' });
    expect(stderr).toMatch(/✗ the model failed: /);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
  });

  test('the prompt may come from stdin', async () => {
    await using place = deskPlace();
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi.' })]);
    const env = { OPENAI_BASE_URL: endpoint.url };
    const { code } = await place.run(['run', '-'], { env, input: 'From a pipe.' });
    expect(endpoint.messages(0).at(-1)).toMatchObject({ role: 'user', content: 'From a pipe.' });
    expect(code).toBe(0);
  });

  test('without key and address the offline planner answers, and says so first', async () => {
    await using place = deskPlace();
    const { code, stdout } = await place.run(['run', 'hello there']);
    expect(stdout).toMatch(/^Offline planner/);
    expect(code).toBe(0);
  });

  test('exits with 3 without asking the model when no server can be reached', async () => {
    await using place = new Workplace();
    place.config({ desk: place.desk('journal', ['--mode', 'exit']) });
    await using endpoint = await scriptedEndpoint([]);
    const env = { OPENAI_BASE_URL: endpoint.url };
    const { code, stdout, stderr } = await place.run(['run', 'Do it.'], { env });
    expect(stderr).toContain('error: no server could be reached: tried desk');
    expect(stdout).toBe('');
    expect(code).toBe(3);
  });

  test.each([
    [['run', ' '], 'the prompt is empty'],
    [['run'], "missing required argument 'prompt'"],
    [['run', 'x', '--max-turns', '0'], 'It must be a whole number from 1 on.'],
    [
      ['run', 'x', '--parallel', 'sometimes'],
      'Allowed choices are auto, read-only, always, never.',
    ],
    [['run', 'x', '--api', 'telepathy'], 'Allowed choices are chat, responses.'],
    [['run', 'x', '--allow', '!a'], 'these globs have no negation'],
    [['run', 'x', '--server', 'dask'], 'did you mean "desk"?'],
  ])('%j is bad usage', async (args, words) => {
    await using place = deskPlace();
    const { code, stdout, stderr } = await place.run(args);
    expect(stderr).toContain(words);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(place.started()).toBe(false);
  });
});
