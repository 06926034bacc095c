import type { HostConfig } from '../config/host-config.ts';
import { secretsOf } from '../config/secrets.ts';
import { redactor, type Redact } from '../record/redact.ts';

/** Takes the secrets of a config and its environment out of texts. They are gathered once, with the first text: mostly there is none. */
export function textRedactor(
  config: HostConfig,
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  let redact: Redact | undefined;
  return (text) => {
    redact ??= redactor(secretsOf(config, env));
    return String(redact(text));
  };
}
