import { HostError } from '../base/errors.ts';
import { ChatCompletionsModel } from './chat-completions.ts';
import type { Model } from './model.ts';
import { OfflinePlanner } from './offline/planner.ts';
import { ResponsesModel } from './responses.ts';

/** Which model to use; the `model` part of a config. */
export interface ModelChoice {
  readonly name: string;
  readonly api: 'chat' | 'responses';
  /** `undefined` where unset: then `OPENAI_BASE_URL` of the environment. */
  readonly baseURL: string | undefined;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The key in the variable of this name: white space around it, such as the line end of a file that it was read from, is no part of it. `undefined` for none.
 */
export function keyIn(env: Env, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/**
 * The model that config and environment ask for. With a key or an address one behind an endpoint; with neither the offline planner.
 * Throws HostError `config` for an address that is none, and for a key that cannot be sent.
 */
export function createModel(choice: ModelChoice, env: Env): Model {
  const apiKey = keyIn(env, choice.apiKeyEnv);
  const baseURL = choice.baseURL || env['OPENAI_BASE_URL'] || undefined;
  if (apiKey === undefined && baseURL === undefined)
    return new OfflinePlanner(adviceFor(choice, env));
  // Found out here: what refuses it later repeats it.
  if (apiKey !== undefined && !SENDABLE.test(apiKey))
    throw new HostError(
      'config',
      `The key in ${choice.apiKeyEnv} holds characters that no header can carry: was it copied whole, and nothing else?`,
    );
  const Api = choice.api === 'responses' ? ResponsesModel : ChatCompletionsModel;
  return new Api({
    model: choice.name,
    baseURL,
    apiKey,
    apiKeyEnv: choice.apiKeyEnv,
    organization: env['OPENAI_ORG_ID'],
    project: env['OPENAI_PROJECT_ID'],
  });
}

/** None where both variables are there, though empty: somebody wants the planner, as the demo does. */
function adviceFor({ apiKeyEnv }: ModelChoice, env: Env): string {
  if (env[apiKeyEnv] === '' && env['OPENAI_BASE_URL'] === '') return '';
  return `Set ${apiKeyEnv} or OPENAI_BASE_URL to have a language model answer.`;
}

const SENDABLE = /^[\u0020-\u007E]+$/u;
