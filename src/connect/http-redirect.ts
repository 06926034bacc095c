const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** How many redirects of one request are followed. */
export const MAX_REDIRECTS = 5;

/**
 * Where a redirect of a request leads, if it may be followed: it has to stay with the origin that the config names, and to leave the request what it is. The same
 * rules as the SDK's own.
 */
export function redirectTarget(
  from: URL,
  { status, location }: { readonly status: number; readonly location: string | undefined },
  method: 'GET' | 'POST',
): URL | undefined {
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  if (!URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from);
  const keepsMethod = method === 'GET' || status === 307 || status === 308;
  const hasUser = to.username !== '' || to.password !== '';
  const keepsUser = !hasUser || (to.username === from.username && to.password === from.password);
  return keepsMethod && keepsUser && isWithinOrigin(from, to) ? to : undefined;
}

/** The same origin, or its https form where both have their default port. */
function isWithinOrigin(from: URL, to: URL): boolean {
  if (from.protocol === to.protocol && from.host === to.host) return true;
  const isSecured = from.protocol === 'http:' && to.protocol === 'https:';
  return isSecured && from.hostname === to.hostname && from.port === '' && to.port === '';
}
