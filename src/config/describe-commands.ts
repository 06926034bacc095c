import { visible } from '../base/visible.ts';
import type { HostConfig, ServerConfig } from './host-config.ts';

/**
 * What a config would start and reach, for the person who is asked to trust it: untruncated, in the order of the file, one setting a line, safe for a
 * terminal. Of variables and headers only the names are shown, for their values may be secrets; but what an interpreter or a loader would run because of a
 * variable is shown whole. Nothing is expanded.
 */
export function describeCommands(config: HostConfig): string {
  const lines: string[] = [];
  for (const server of config.servers) {
    if (server.kind === 'server') lines.push(...describeServer(server, config.source.directory));
  }
  const { model, policy } = config;
  if (model.baseURL !== undefined || model.apiKeyEnv !== 'OPENAI_API_KEY') {
    const address = model.baseURL === undefined ? 'the default address' : word(model.baseURL);
    lines.push(
      `model: sends prompts, results and the key in ${word(model.apiKeyEnv)} to ${address}`,
    );
  }
  if (policy.allow.length > 0) {
    lines.push(`policy: runs without asking: ${policy.allow.map(word).join(' ')}`);
  }
  const samplers = config.servers.filter(
    (server) => server.kind === 'server' && (server.sampling ?? config.sampling.enabled),
  );
  if (samplers.length > 0) {
    const names = samplers.map(({ id }) => word(id));
    lines.push(`sampling: has the model answer for these servers: ${names.join(' ')}`);
  }
  return lines.length === 0 ? 'nothing' : lines.join('\n');
}

function describeServer(server: ServerConfig, directory: string): string[] {
  const { endpoint } = server;
  const name = word(server.id);
  if (endpoint.kind !== 'stdio') {
    const headers = Object.keys(endpoint.headers);
    const sent = headers.length === 0 ? [] : [`  sends headers: ${headers.map(word).join(' ')}`];
    const { issuer } = endpoint.oauth ?? {};
    const trusted = issuer === undefined ? [] : [`  gets its authorisation from ${word(issuer)}`];
    return [`${name}: reaches ${word(endpoint.url)}`, ...sent, ...trusted];
  }
  const lines = [`${name}: starts ${[endpoint.command, ...endpoint.args].map(word).join(' ')}`];
  if (endpoint.cwd !== directory) lines.push(`  in ${word(endpoint.cwd)}`);
  const variables = Object.entries(endpoint.env);
  if (variables.length > 0) {
    const shown = variables.map(([name, value]) =>
      LOADS_CODE.test(name) ? `${word(name)}=${word(value)}` : word(name),
    );
    lines.push(`  sets variables: ${shown.join(' ')}`);
  }
  return lines;
}

/** Variables that name code to run, and hold no secrets: what is started depends on them as much as on the command. */
const LOADS_CODE =
  /^(?:PATH|LD_.*|DYLD_.*|NODE_OPTIONS|NODE_PATH|PYTHON(?:PATH|STARTUP|HOME)|PERL5?(?:OPT|LIB)|RUBY(?:OPT|LIB)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|BASH_ENV|ENV|GIT_SSH(?:_COMMAND)?)$/iu;

/** As it stands where it is plain, else in quotes, so that its ends, its line breaks and hidden characters are seen. */
function word(text: string): string {
  return /^[\w@%+=:,./{}$-]+$/u.test(text) ? text : visible(JSON.stringify(text));
}
