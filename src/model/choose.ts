import { HostError } from '../base/errors.ts';
import { ChatCompletionsModel } from './chat-completions.ts';
import type { Model } from './model.ts';
import { OfflinePlanner } from './offline/planner.ts';

/** Which model to use; the `model` part of a config. */
export interface ModelChoice {
  readonly name: string;
  readonly api: 'chat' | 'responses';
  /** `undefined` where unset: then `OPENAI_BASE_URL` of the environment. */
  readonly baseURL: string | undefined;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string;
}

/**
 * The model that config and environment ask for. With a key or an address one behind an endpoint; with neither the offline planner.
 * Throws HostError `usage` for the Responses API, which is not there yet, and `config` for an address that is none.
 */
export function createModel(
  choice: ModelChoice,
  env: Readonly<Record<string, string | undefined>>,
): Model {
  if (choice.api === 'responses')
    throw new HostError(
      'usage',
      'The Responses API is not supported yet: use --api chat (model.api: "chat").',
    );
  const apiKey = env[choice.apiKeyEnv] || undefined;
  const baseURL = choice.baseURL || env['OPENAI_BASE_URL'] || undefined;
  if (apiKey === undefined && baseURL === undefined) return new OfflinePlanner();
  return new ChatCompletionsModel({
    model: choice.name,
    baseURL,
    apiKey,
    apiKeyEnv: choice.apiKeyEnv,
    organization: env['OPENAI_ORG_ID'],
    project: env['OPENAI_PROJECT_ID'],
  });
}
