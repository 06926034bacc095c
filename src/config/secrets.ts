import { percentDecoded } from '../base/percent.ts';
import type { Endpoint, HostConfig, ServerConfig } from './host-config.ts';
import { expandEndpoint } from './variables.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Variables that say where and who one is: no secrets, and all over every path. */
const ORDINARY = /^(?:HOME|PWD|OLDPWD|PATH|USER|LOGNAME|SHELL|TERM|LANG|LC_.*|TMPDIR|XDG_.*)$/u;
const SECRET_NAME = /auth|cred|key|pass|pwd|secret|session|token/iu;
/** `production`, `customers`: redacting a word would make a riddle of every line that has it. */
const PLAIN_WORD = /^[A-Za-z]{1,14}$/u;

/**
 * The values in a config and its environment that must not be written down: the model's key, the values of `env` and `headers`, what variables put into
 * arguments and addresses, passwords and query values of addresses. A plain word, and an address of nothing but a host, count only under a name that speaks of secrets.
 */
export function secretsOf(config: HostConfig, env: Env): readonly string[] {
  const found = new Set<string>();
  const add = (name: string, given: string | undefined): void => {
    // White space around it, such as a line end, does not go along with it.
    const value = given?.trim() ?? '';
    if (value === '' || ORDINARY.test(name)) return;
    if ((PLAIN_WORD.test(value) || isOrigin(value)) && !SECRET_NAME.test(name)) return;
    found.add(value);
  };
  add('key', env[config.model.apiKeyEnv]);
  addAddress(config.model.baseURL, add);
  addAddress(env['OPENAI_BASE_URL'], add);
  for (const server of config.servers) {
    if (server.kind === 'server') addServer(server, { env, config }, add);
  }
  return [...found];
}

type Add = (name: string, value: string | undefined) => void;

function addServer(
  server: ServerConfig,
  { env, config }: { readonly env: Env; readonly config: HostConfig },
  add: Add,
): void {
  const { endpoint } = server;
  const texts =
    endpoint.kind === 'stdio'
      ? [endpoint.command, ...endpoint.args, ...Object.values(endpoint.env)]
      : [endpoint.url, ...Object.values(endpoint.headers), ...oauthTexts(endpoint)];
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(/\$\{(?:env:)?(\w+)/gu)) add(name, env[name]);
  }
  const expansion = expandEndpoint(endpoint, { env, directory: config.source.directory });
  if (expansion.kind === 'failed') return;
  const expanded = expansion.endpoint;
  if (expanded.kind === 'stdio') {
    for (const [name, value] of Object.entries(expanded.env)) add(name, value);
    return;
  }
  addAddress(expanded.url, add);
  for (const text of oauthTexts(expanded)) add('secret', text);
  for (const [name, value] of Object.entries(expanded.headers)) {
    add(name, value);
    // `Bearer …`: the token may turn up alone.
    add(name, /^\S+\s+(\S+)$/u.exec(value.trim())?.[1]);
  }
}

/** `https://example.com`, without a path, credentials or a query. */
function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { origin, href } = new URL(value);
  return href === `${origin}/`;
}

/** Who we are, and what proves it. */
function oauthTexts({ oauth }: Exclude<Endpoint, { readonly kind: 'stdio' }>): readonly string[] {
  const { clientSecret, privateKey } = oauth ?? {};
  return [clientSecret, privateKey].filter((text) => text !== undefined);
}

function addAddress(address: string | undefined, add: Add): void {
  if (address === undefined || !URL.canParse(address)) return;
  const url = new URL(address);
  add('password', percentDecoded(url.password));
  for (const [name, value] of url.searchParams) add(name, value);
}
