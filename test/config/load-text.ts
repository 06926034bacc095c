import { expect } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import { parseConfigText } from '../../src/config/config-text.ts';
import type { HostConfig, ServerConfig, UnusableServer } from '../../src/config/host-config.ts';
import { normalise } from '../../src/config/normalise.ts';

export const DIRECTORY = '/project';

/** Reads a config's text as if it stood in `/project/c.json`. */
export function loadText(
  text: string,
  env: Readonly<Record<string, string | undefined>> = {},
): HostConfig {
  const source = { path: `${DIRECTORY}/c.json`, directory: DIRECTORY, sha256: 'hash' };
  return normalise(parseConfigText(text, 'c.json'), source, env);
}

/** The error that a text is refused with. */
export function refusal(
  text: string,
  env: Readonly<Record<string, string | undefined>> = {},
): HostError {
  try {
    loadText(text, env);
  } catch (reason) {
    expect(reason).toBeInstanceOf(HostError);
    if (reason instanceof HostError) return reason;
  }
  throw new Error('the config was accepted');
}

/** Line and column, both 1-based, of the character after `‸` in a text, and the text without it. */
export function marked(text: string): { readonly text: string; readonly at: string } {
  const index = text.indexOf('‸');
  if (index < 0) throw new Error('no mark in the text');
  const before = text.slice(0, index).split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  return { text: text.replace('‸', ''), at: `${String(before.length)}:${String(column)}` };
}

/** The one server called `id`, which must be usable. */
export function usable(config: HostConfig, id: string): ServerConfig {
  const server = config.servers.find((candidate) => candidate.id === id);
  if (server?.kind === 'server') return server;
  throw new Error(`not usable: ${server?.reason ?? 'not there'}`);
}

/** The one server called `id`, which must not be usable. */
export function unusable(config: HostConfig, id: string): UnusableServer {
  const server = config.servers.find((candidate) => candidate.id === id);
  if (server?.kind === 'unusable') return server;
  throw new Error('it is usable, or not there');
}

/** Notices as `line:column message`. */
export function noticesOf(config: HostConfig): string[] {
  return config.notices.map(({ line, column, message }) => {
    return `${String(line)}:${String(column)} ${message}`;
  });
}
