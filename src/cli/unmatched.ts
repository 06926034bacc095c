import { nearest } from '../base/nearest.ts';
import type { Tool } from '../call/tool.ts';
import { compileGlobs } from '../config/globs.ts';
import type { HostConfig, ServerConfig } from '../config/host-config.ts';
import type { ServerStatus } from '../host/host.ts';

/** What was found of the servers of a config. */
interface Found {
  readonly config: HostConfig;
  readonly tools: readonly Tool[];
  readonly statuses: readonly ServerStatus[];
}

/** Globs of the policy that match no tool though all servers are there: most likely mistyped, and a `deny` that is lets something through. */
export function unmatchedGlobs({ config, tools, statuses }: Found): readonly string[] {
  if (!statuses.every(hasTools)) return [];
  const names = tools.map(({ exposed }) => exposed);
  return (['deny', 'ask', 'allow'] as const).flatMap((list) =>
    config.policy[list]
      .filter((glob) => !names.some((name) => compileGlobs([glob])(name) !== undefined))
      .map((glob) => unmatchedText(`"policy": {"${list}"}: ${JSON.stringify(glob)}`, glob, names)),
  );
}

/** Entries of a server's `tools` that name none of its tools, if they are known: what they say has no effect. */
export function unmatchedEntries(server: ServerConfig, found: Found): readonly string[] {
  const status = found.statuses.find(({ id }) => id === server.id);
  if (status === undefined || !hasTools(status)) return [];
  const names = found.tools
    .filter((tool) => tool.server === server.id)
    .map(({ name }): string => name);
  const isExcluded = compileGlobs(server.exclude);
  return [...server.tools.keys()]
    .filter((name) => !names.includes(name) && isExcluded(name) === undefined)
    .map((name) => unmatchedText(`"tools": ${JSON.stringify(name)}`, name, names));
}

/** `setting matches no tool; the nearest is x`. */
export function unmatchedText(setting: string, glob: string, names: readonly string[]): string {
  const [near] = nearest(glob.replaceAll(/[*?]/gu, ''), names, 1);
  const hint = near === undefined ? '' : `; the nearest is ${JSON.stringify(near)}`;
  return `${setting} matches no tool that is there${hint}`;
}

function hasTools({ state, rememberedAt }: ServerStatus): boolean {
  return state.kind === 'ready' || state.kind === 'backing-off' || rememberedAt !== undefined;
}
