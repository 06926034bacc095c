import { expect, test } from 'vitest';
import type { ApprovalRequest } from '../../src/index.ts';
import { rawEntry, rawHost, rawTools, textOf } from '../support/raw-host.ts';
import { message, scriptedEndpoint } from '../support/scripted-endpoint.ts';

const tools = rawTools(
  { name: 'echo', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
  { name: 'fails', inputSchema: { type: 'object' } },
);

test('a model’s batch runs over several servers and comes back as one follow-up turn, in call order', async () => {
  await using endpoint = await scriptedEndpoint([
    message({
      calls: [
        { id: 'a', name: 'one__echo', arguments: { text: 'first' } },
        { id: 'b', name: 'two__echo', arguments: { text: 'second' } },
        { id: 'c', name: 'two__nothing_like_it', arguments: {} },
      ],
    }),
    message({ text: 'Both said it.' }),
  ]);
  await using raw = await rawHost(
    { one: rawEntry('good', { tools }), two: rawEntry('good', { tools }) },
    { options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url } } },
  );
  const result = await raw.host.run('say it');
  expect(result).toMatchObject({ answer: 'Both said it.', stopReason: 'stop' });
  expect(result.turns[0]?.calls.map(({ outcome }) => outcome.kind)).toEqual([
    'ok',
    'ok',
    'invalid',
  ]);
  const followUp = endpoint.requests[1]?.body.messages.slice(-4);
  expect(followUp?.map(({ role, tool_call_id: id }) => [role, id])).toEqual([
    ['assistant', undefined],
    ['tool', 'a'],
    ['tool', 'b'],
    ['tool', 'c'],
  ]);
  expect(followUp?.[1]?.content).toBe('first');
  expect(followUp?.[2]?.content).toBe('second');
  expect(endpoint.requests[0]?.body.tools?.map((tool) => tool.function.name)).toEqual([
    'one__echo',
    'one__fails',
    'two__echo',
    'two__fails',
  ]);
});

test('a tool that is not declared read-only is asked for, and denied where nobody can be asked', async () => {
  const step = message({
    calls: [{ name: 'one__fails' }, { name: 'one__echo', arguments: { text: 'read' } }],
  });
  await using endpoint = await scriptedEndpoint([
    step,
    message({ text: 'a' }),
    step,
    message({ text: 'b' }),
    step,
    message({ text: 'c' }),
  ]);
  await using raw = await rawHost(
    { one: rawEntry('good', { tools }) },
    { options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url } } },
  );
  const outcomes = async (
    options: Parameters<typeof raw.host.run>[1],
  ): Promise<readonly string[]> => {
    const { turns } = await raw.host.run('go', options);
    return turns[0]?.calls.map(({ outcome }) => outcome.kind) ?? [];
  };
  expect(await outcomes({})).toEqual(['denied', 'ok']);

  const asked: ApprovalRequest[] = [];
  const approve = (request: ApprovalRequest): Promise<boolean> => {
    asked.push(request);
    return Promise.resolve(true);
  };
  expect(await outcomes({ approve })).toEqual(['tool-error', 'ok']);
  expect(asked.map(({ name }) => name)).toEqual(['one__fails']);

  expect(await outcomes({ policy: { allow: ['one__*'] } })).toEqual(['tool-error', 'ok']);
});

test('the denial tells the model and the user how to allow it', async () => {
  await using endpoint = await scriptedEndpoint([
    message({ calls: [{ name: 'one__fails' }] }),
    message({ text: 'ok' }),
  ]);
  await using raw = await rawHost(
    { one: rawEntry('good', { tools }) },
    { options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url } } },
  );
  const { turns } = await raw.host.run('go');
  expect(textOf(turns[0]?.calls[0]?.outcome ?? { kind: '' })).toContain("--allow 'one__fails'");
});

test('without key and address the offline planner answers, and says what it is', async () => {
  const described = [
    {
      name: 'echo',
      description: 'Repeats a text',
      inputSchema: {
        type: 'object',
        properties: { text: { type: 'string', description: 'the text to repeat' } },
        required: ['text'],
      },
      annotations: { readOnlyHint: true },
    },
  ];
  await using raw = await rawHost(
    { one: rawEntry('good', { tools: described }) },
    {
      options: {
        env: { PATH: process.env['PATH'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] },
      },
    },
  );
  const result = await raw.host.run('repeat the text "good morning"');
  expect(result.turns[0]?.text).toMatch(/^Offline planner/u);
  expect(result.turns[0]?.calls).toMatchObject([
    { name: 'one__echo', arguments: { text: 'good morning' }, outcome: { kind: 'ok' } },
  ]);
  expect(result.answer).toContain('good morning');
});
