import type { Result } from './result.ts';

interface Explanation {
  readonly scenarios: readonly string[];
  /** Where it holds for one version of the suite only. */
  readonly suite?: string;
  readonly text: string;
}

const EXTENSION =
  'An extension of the protocol that no version of the specification requires, and that the host does not have:';

/** Why a scenario is not green. One that is green all the same is out of date, and fails the run. */
export const EXPLANATIONS: readonly Explanation[] = [
  {
    scenarios: ['auth/2025-03-26-oauth-metadata-backcompat'],
    suite: '0.1.16',
    text:
      'A defect of this version of the suite, mended in the next, where the scenario is green: its authorization server is found at one address, and its metadata name another as the ' +
      'issuer. Such metadata must not be used, since they may be an impostor’s (RFC 8414, 3.3), and the host does not use them.',
  },
  {
    scenarios: ['auth/cross-app-access-complete-flow', 'auth/enterprise-managed-authorization'],
    text: `${EXTENSION} an identity provider vouches for the user (SEP-990).`,
  },
  {
    scenarios: ['auth/dpop', 'auth/dpop-nonce'],
    text: `${EXTENSION} access tokens that are bound to a key (SEP-1932).`,
  },
  {
    scenarios: ['auth/wif-jwt-bearer'],
    text: `${EXTENSION} identities that a cloud gives its workloads (SEP-1933). Client credentials, with a secret or a signed assertion, are there.`,
  },
  {
    scenarios: [
      'sep-2640-client-no-prefetch',
      'sep-2640-client-verify-digest',
      'sep-2640-client-verify-size',
      'sep-2640-client-verify-frontmatter',
    ],
    text: `${EXTENSION} skills (SEP-2640). The suite has nothing to check where a client asks for no skills.`,
  },
];

export function explanationOf({ scenario, suite }: Result): Explanation | undefined {
  return EXPLANATIONS.find(
    (one) => one.scenarios.includes(scenario) && (one.suite ?? suite) === suite,
  );
}
