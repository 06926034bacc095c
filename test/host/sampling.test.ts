import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { SampleAnswer, SampleRequest } from '../../src/index.ts';
import { boundSampling } from '../../src/host/sampling.ts';
import { serverId } from '../../src/call/names.ts';
import { pass, useFakeTime } from '../support/fake-time.ts';
import { turn } from '../support/turn.ts';

useFakeTime();

const CONFIG = { enabled: true, maxTokens: 100, maxPerCall: 9, maxInFlight: 2, timeoutMs: 1_000 };
const { signal: NEVER } = new AbortController();

function request(text: string): SampleRequest {
  return {
    server: serverId('s'),
    destination: undefined,
    cause: { kind: 'one-of', calls: [] },
    systemPrompt: undefined,
    messages: [{ role: 'user', text }],
    maxTokens: 10,
    stopSequences: [],
  };
}

/** A bounded model that answers when the test says so. */
function begin() {
  const asked: string[] = [];
  const answers = new Map<string, () => void>();
  const bounded = boundSampling(({ messages }) => {
    const text = messages[0]?.text ?? '';
    const answer = deferred<SampleAnswer>();
    asked.push(text);
    answers.set(text, () => answer.resolve({ text, model: 'm', stopReason: 'endTurn' }));
    return answer.promise;
  }, CONFIG);
  return { asked, answers, ask: (text: string, signal = NEVER) => bounded(request(text), signal) };
}

test('few answers are made at once; the others wait, in order', async () => {
  const { asked, answers, ask } = begin();
  const all = ['a', 'b', 'c', 'd'].map((text) => ask(text));
  await turn();
  expect(asked).toEqual(['a', 'b']);
  answers.get('b')?.();
  await turn();
  expect(asked).toEqual(['a', 'b', 'c']);
  for (const text of ['a', 'c']) answers.get(text)?.();
  await turn();
  answers.get('d')?.();
  expect((await Promise.all(all)).map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd']);
});

test('one that takes too long, or is no longer wanted, gives its place to the next', async () => {
  const { asked, answers, ask } = begin();
  const abort = new AbortController();
  const late = ask('late');
  const unwanted = ask('unwanted', abort.signal);
  const behind = ask('behind', abort.signal);
  const refused = [late, unwanted, behind].map((answer) =>
    answer.catch((reason: unknown) => String(reason)),
  );
  await pass(500);
  const last = ask('last');
  abort.abort(new Error('enough'));
  await turn();
  expect(asked).toEqual(['late', 'unwanted', 'last']);
  await pass(500);
  expect((await Promise.all(refused)).map(String)).toEqual([
    expect.stringContaining('sampling.timeoutMs = 1000 ms'),
    expect.stringContaining('enough'),
    expect.stringContaining('enough'),
  ]);
  answers.get('last')?.();
  expect((await last).text).toBe('last');
});
