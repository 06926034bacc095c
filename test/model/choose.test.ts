import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ChatCompletionsModel } from '../../src/model/chat-completions.ts';
import { createModel, type ModelChoice } from '../../src/model/choose.ts';
import { OfflinePlanner } from '../../src/model/offline/planner.ts';
import { ResponsesModel } from '../../src/model/responses.ts';
import { ask, textOf } from '../support/asked-model.ts';
import { message, refusal, scriptedEndpoint, type Step } from '../support/scripted-endpoint.ts';
import { response } from '../support/scripted-responses.ts';

const CHOICE: ModelChoice = {
  name: 'some-model',
  api: 'chat',
  baseURL: undefined,
  apiKeyEnv: 'OPENAI_API_KEY',
};

/** What it throws. */
function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (reason) {
    return reason;
  }
  return undefined;
}

describe('the model', () => {
  test.each([
    ['an empty environment', {}],
    ['empty variables', { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' }],
    ['a key under another name', { OTHER_KEY: 'x' }],
  ])('is the offline planner with %s', (_, env) => {
    expect(createModel(CHOICE, env)).toBeInstanceOf(OfflinePlanner);
  });

  test.each([
    [{}, 'Set MY_KEY or OPENAI_BASE_URL to have a language model answer.'],
    [{ MY_KEY: '' }, 'Set MY_KEY or OPENAI_BASE_URL to have a language model answer.'],
    [{ MY_KEY: '', OPENAI_BASE_URL: '' }, ''],
  ])('that is the offline planner with %j advises: "%s"', async (env, advice) => {
    const said = await ask(createModel({ ...CHOICE, apiKeyEnv: 'MY_KEY' }, env));
    expect(textOf(said)).toBe(
      `Offline planner (no language model): there are no tools to call. ${advice}`.trimEnd(),
    );
  });

  test('is behind an endpoint with a key alone', () => {
    const model = createModel(CHOICE, { OPENAI_API_KEY: 'x' });
    expect(model).toBeInstanceOf(ChatCompletionsModel);
    expect(model.name).toBe('some-model');
  });

  test('is behind the environment’s address, without a key', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi.' })]);
    await ask(createModel(CHOICE, { OPENAI_BASE_URL: endpoint.url }));
    expect(endpoint.requests[0]?.headers.authorization).toBeUndefined();
    expect(endpoint.requests[0]?.body.model).toBe('some-model');
  });

  test('prefers the config’s address, and takes the key that it names', async () => {
    await using endpoint = await scriptedEndpoint([message({ text: 'Hi.' })]);
    const choice = { ...CHOICE, baseURL: endpoint.url, apiKeyEnv: 'MY_KEY' };
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_API_KEY: 'no', MY_KEY: 'yes' };
    await ask(createModel(choice, env));
    expect(endpoint.requests[0]?.headers.authorization).toBe('Bearer yes');
  });

  test('names the variable of its key when the endpoint wants another', async () => {
    await using endpoint = await scriptedEndpoint([refusal(401, 'no')]);
    const model = createModel({ ...CHOICE, baseURL: endpoint.url, apiKeyEnv: 'MY_KEY' }, {});
    await expect(ask(model)).rejects.toThrow(/Check the key in MY_KEY/u);
  });

  test('keeps its key to itself whatever stands around it: a line end behind it, as files have it, is no part of it', async () => {
    const repeats: Step = ({ headers }) => refusal(401, `Wrong key: ${headers.authorization}`);
    await using endpoint = await scriptedEndpoint([repeats]);
    const env = { OPENAI_BASE_URL: endpoint.url, OPENAI_API_KEY: ' sk-secret-123\r\n' };
    await expect(ask(createModel(CHOICE, env))).rejects.toThrow(/: Wrong key: Bearer …\. /u);
    expect(endpoint.requests[0]?.headers.authorization).toBe('Bearer sk-secret-123');
  });

  test.each(['sk-\u0001secret', 'sk-secret-✓', 'sk-sec\nret'])(
    'is none with a key that no header can carry, which is not repeated: %j',
    (key) => {
      const told = caught(() => createModel(CHOICE, { OPENAI_API_KEY: key }));
      expect(told).toMatchObject({ code: 'config' });
      expect(inspect(told)).toContain('The key in OPENAI_API_KEY holds characters');
      expect(inspect(told)).not.toContain(key);
    },
  );

  test('is asked through the API that was chosen', async () => {
    await using endpoint = await scriptedEndpoint([response({ text: 'Hi.' })]);
    const model = createModel({ ...CHOICE, api: 'responses' }, { OPENAI_BASE_URL: endpoint.url });
    expect(model).toBeInstanceOf(ResponsesModel);
    await ask(model);
    expect(endpoint.requests[0]?.path).toBe('/v1/responses');
  });

  test('is the offline planner with nothing to ask, whatever the API', () => {
    expect(createModel({ ...CHOICE, api: 'responses' }, {})).toBeInstanceOf(OfflinePlanner);
  });

  test('is none at an address that is no URL', () => {
    expect(() => createModel(CHOICE, { OPENAI_BASE_URL: 'localhost:8080' })).toThrow(
      expect.objectContaining({ code: 'config' }),
    );
  });
});
