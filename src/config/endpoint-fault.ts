import type { Endpoint } from './host-config.ts';

/** What makes an endpoint unusable, for people; it names the setting and shows no value, for that may be a secret. */
export interface EndpointFault {
  /** The way to the setting within the server's entry. */
  readonly path: readonly (string | number)[];
  /** Continues the setting's name. */
  readonly message: string;
}

/**
 * The first fault of an endpoint. As `written` it may hold `${…}` variables, and texts with one are not judged before they are `expanded`.
 */
export function endpointFault(
  endpoint: Endpoint,
  stage: 'written' | 'expanded',
): EndpointFault | undefined {
  if (endpoint.kind === 'stdio') return processFault(endpoint);
  return httpFault(endpoint, (text) => stage === 'expanded' || !text.includes('${'));
}

/** What is wrong with the address of an HTTP server, for people; it never holds the address itself. */
export function urlFault(url: string): string | undefined {
  if (!URL.canParse(url))
    return 'is no URL; a whole one is needed, such as https://example.com/mcp';
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') {
    return `begins with ${JSON.stringify(protocol)}; only http: and https: are supported`;
  }
  if (username !== '' || password !== '') {
    return 'has a user name or password in it; put them into a header, out of an environment variable';
  }
  return undefined;
}

/** Whether what is sent to an address can be read on its way: http to another machine. */
export function isPlaintext(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
}

/** Whether a URL's host is this machine by its very name. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/u.test(hostname)
  );
}

function processFault(endpoint: Endpoint & { readonly kind: 'stdio' }): EndpointFault | undefined {
  const { command, args, env, cwd } = endpoint;
  if (command.trim() === '') return { path: ['command'], message: 'is empty' };
  for (const name of Object.keys(env)) {
    if (name === '' || /[=\0]/u.test(name)) {
      return { path: ['env', name], message: 'is no name that an environment variable can have' };
    }
  }
  // The operating system would end each of them here.
  const texts: readonly (readonly [EndpointFault['path'], string])[] = [
    [['command'], command],
    [['cwd'], cwd],
    ...args.map((text, index) => [['args', index], text] as const),
    ...Object.entries(env).map(([name, text]) => [['env', name], text] as const),
  ];
  for (const [path, text] of texts) {
    if (text.includes('\0')) return { path, message: 'has a NUL character in it' };
  }
  return undefined;
}

function httpFault(
  endpoint: Exclude<Endpoint, { readonly kind: 'stdio' }>,
  isFinal: (text: string) => boolean,
): EndpointFault | undefined {
  const { url, headers, oauth } = endpoint;
  const fault = isFinal(url) ? urlFault(url) : undefined;
  if (fault !== undefined) return { path: ['url'], message: fault };
  const { issuer, clientMetadataUrl } = oauth ?? {};
  for (const [name, address] of Object.entries({ issuer, clientMetadataUrl })) {
    if (address === undefined || !isFinal(address)) continue;
    const message =
      urlFault(address) ?? (isPlaintext(address) ? 'must be an https address' : undefined);
    if (message !== undefined) return { path: ['oauth', name], message };
  }
  for (const [name, value] of Object.entries(headers)) {
    const path = ['headers', name];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u.test(name)) {
      return { path, message: 'is no name that an HTTP header can have' };
    }
    // Line breaks at the ends are dropped when it is sent; fetch's own complaint about one inside would show the value.
    if (isFinal(value) && !/^[\t\u0020-\u007E\u0080-\u00FF]*$/u.test(value.trim())) {
      return { path, message: 'has a line break or another character that a header cannot carry' };
    }
  }
  return undefined;
}
