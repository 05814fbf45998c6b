/** Where an IPv4 address means something: whoever has one that the Internet does not route needs a NAT to leave. */
import { inPrefix, prefix, type Ipv4 } from './address.js';

export type Ipv4Realm = 'private' | 'shared' | 'link-local' | 'public';

/** `public` is all that is none of the others. */
export const realmOf = (address: Ipv4): Ipv4Realm =>
  ROWS.find((row) => inPrefix(address, row.prefix))?.realm ?? 'public';

const ROWS = (
  [
    ['10.0.0.0/8', 'private'], // RFC 1918 §3
    ['172.16.0.0/12', 'private'],
    ['192.168.0.0/16', 'private'],
    ['100.64.0.0/10', 'shared'], // RFC 6598 §7: between a provider's NAT and its customers
    ['169.254.0.0/16', 'link-local'], // RFC 3927 §2.1
  ] as const
).map(([text, realm]) => ({ prefix: prefix(text), realm }));
