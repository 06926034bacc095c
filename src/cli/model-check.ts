import { HostError } from '../base/errors.ts';
import type { ModelConfig } from '../config/host-config.ts';
import { DEFAULT_ADDRESS, parseAddress } from '../model/address.ts';
import { createModel, keyIn } from '../model/choose.ts';
import type { Trouble } from './diagnosis.ts';

/** Which model `run` would ask, as far as that can be known without asking it. Holds no key. */
export interface ModelCheck {
  readonly name: string;
  /** Without credentials and query; `null` where no endpoint would be asked. */
  readonly address: string | null;
  readonly apiKeyEnv: string;
  readonly hasKey: boolean;
  readonly problems: readonly Trouble[];
}

/** Looks at the model's settings. Calls nobody. */
export function checkModel(
  config: ModelConfig,
  env: Readonly<Record<string, string | undefined>>,
): ModelCheck {
  const { apiKeyEnv } = config;
  const hasKey = keyIn(env, apiKeyEnv) !== undefined;
  const facts = { apiKeyEnv, hasKey };
  try {
    // Made, not asked: what is wrong with the settings is found out by whoever uses them.
    const { name } = createModel(config, env);
    const given = config.baseURL || env['OPENAI_BASE_URL'] || undefined;
    const isAsked = hasKey || given !== undefined;
    const address = isAsked ? parseAddress(given ?? DEFAULT_ADDRESS).base : null;
    return { name, address, ...facts, problems: isAsked ? [] : [offline(apiKeyEnv)] };
  } catch (reason) {
    const { message } = HostError.from(reason);
    const mend = 'correct "model" in the config, or the variable that it comes from';
    const problems = [{ severity: 'error' as const, what: message, mend }];
    return { name: config.name, address: null, ...facts, problems };
  }
}

function offline(apiKeyEnv: string): Trouble {
  return {
    severity: 'warning',
    what: `there is neither a key in ${apiKeyEnv} nor an address: run answers with the offline planner, which is no language model`,
    mend: `export ${apiKeyEnv}=…, or OPENAI_BASE_URL=http://localhost:11434/v1 for a local endpoint`,
  };
}
