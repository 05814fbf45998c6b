/** What holds tunnelled packets to RFC 6275 §10.4.5, and keeps the kernel from answering what is ours. */
import { ipv6, prefix } from '../../base/address.js';
import { IptablesGuard } from '../datapath/iptables-guard.js';
import { nft } from '../datapath/nft.js';
import type { Attempt } from './bench.js';

/** With the set that admission is made of: outer and inner source in one key. */
export const nftInet: Attempt = ({ netns }) =>
  nft(netns, table('inet', 'set s { typeof ip6 saddr . @nh,384,128; }'));

export const nftIp6: Attempt = ({ netns }) => nft(netns, table('ip6', ''));

export const nftIp: Attempt = ({ netns }) => nft(netns, table('ip', ''));

export const iptables: Attempt = async ({ netns }) => {
  const guard = new IptablesGuard(netns, 'probe');
  try {
    await guard.prepare();
  } finally {
    guard.close();
  }
};

/** On any device: here `lo`. */
export const flower: Attempt = async ({ requests }) => {
  await requests.addClsact(LOOPBACK);
  await requests.putTrafficFilter({ kind: 'drop', link: LOOPBACK });
  await requests.putTrafficFilter({
    kind: 'source',
    link: LOOPBACK,
    handle: 1,
    outerSource: ipv6('2001:db8::2'),
    innerSource: prefix('2001:db8:1::1/128'),
  });
};

const table = (family: string, more: string): string => `table ${family} probe {
  ${more}
  chain c { type filter hook prerouting priority raw; meta l4proto 135 drop; }
}
`;
const LOOPBACK = 1; // of every namespace
