import { BlockList, isIP } from 'node:net';

/**
 * What an IP address is for us: `forbidden`, where no authorization server can be (link-local, which clouds give their credentials at, multicast, unspecified);
 * `loopback`, this machine; `private`, a network of somebody's own; else `public`.
 */
export type AddressKind = 'forbidden' | 'loopback' | 'private' | 'public';

/** By kind, in order of precedence. Source: IANA special-purpose address registries; the cloud vendors' addresses of their metadata services. */
const RANGES: readonly (readonly [AddressKind, readonly string[]])[] = [
  [
    'forbidden',
    [
      '0.0.0.0/8',
      '169.254.0.0/16',
      '224.0.0.0/4',
      '240.0.0.0/4',
      '100.100.100.200/32',
      '192.0.0.192/32',
      'fe80::/10',
      'ff00::/8',
      '::/128',
      'fd00:ec2::/32',
      // Other addresses in disguise, of networks that are gone.
      '2001::/32',
      '2002::/16',
    ],
  ],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  [
    'private',
    [
      '10.0.0.0/8',
      '100.64.0.0/10',
      '172.16.0.0/12',
      '192.0.0.0/24',
      '192.168.0.0/16',
      '198.18.0.0/15',
      'fc00::/7',
      'fec0::/10',
    ],
  ],
];

const LISTS: readonly (readonly [AddressKind, BlockList])[] = RANGES.map(([kind, ranges]) => {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/');
    if (isIP(address) === 6) list.addSubnet(address, Number(bits), 'ipv6');
    else {
      list.addSubnet(address, Number(bits), 'ipv4');
      // The same address within IPv6: mapped, compatible, and translated (RFC 6052).
      for (const prefix of ['::ffff:', '::ffff:0:', '64:ff9b::']) {
        list.addSubnet(`${prefix}${address}`, 96 + Number(bits), 'ipv6');
      }
    }
  }
  return [kind, list];
});

/** The kind of an address; `undefined` for a text that is none. */
export function addressKind(address: string): AddressKind | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return LISTS.find(([, list]) => list.check(address, family))?.[0] ?? 'public';
}
