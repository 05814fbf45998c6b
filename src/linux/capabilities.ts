/** What this host lets us do, found out by trying, never by reading a version. For `mip6 doctor`. */
import { randomBytes } from 'node:crypto';
import { LinuxError, linuxError } from './error.js';
import { signallingFilter } from './filter.js';
import { native, type NetNamespace } from './native.js';
import { RtNetlink } from './netlink/rtnetlink.js';
import { runProgram } from './program.js';
import { AF_INET, AF_INET6, AF_PACKET, ipSocketAddress, SOCK_DGRAM, SOCK_RAW } from './sockaddr.js';
import { readSetting } from './sysctl.js';
import type { Ipv4 } from '../base/address.js';

export type CapabilityName =
  | 'native'
  | 'netlink'
  | 'netlink-write'
  | 'packet-socket'
  | 'raw-socket'
  | 'tun'
  | 'nft'
  | 'udp-4191'
  | 'ipv6'
  | 'forwarding'
  | 'reverse-path-filter';

export interface Capability {
  readonly name: CapabilityName;
  readonly ok: boolean;
  /** What was tried and what came of it, a sentence. */
  readonly reason: string;
  /** The way out where `ok` is false, else empty. */
  readonly remedy: string;
}

export interface CapabilityQuery {
  readonly netns?: NetNamespace;
  /** 4191 by default. */
  readonly udpPort?: number;
}

/** All of them, in an order that explains itself: when the first fails, so do those that stand on it. */
export async function capabilities(query: CapabilityQuery = {}): Promise<Capability[]> {
  const netns = query.netns ?? null;
  const results: Capability[] = [];
  for (const [name, probe, done] of PROBES) {
    results.push(await run(name, done, () => probe(netns, query)));
  }
  return results;
}

type Probe = (netns: NetNamespace, query: CapabilityQuery) => void | Promise<void>;

async function run(
  name: CapabilityName,
  done: string,
  probe: () => void | Promise<void>,
): Promise<Capability> {
  try {
    await probe();
    return { name, ok: true, reason: done, remedy: '' };
  } catch (error) {
    const e = linuxError('SOCKET', `probe ${name}`, error);
    const remedy = e.way ?? 'Run as root, or with CAP_NET_ADMIN and CAP_NET_RAW.';
    return {
      name,
      ok: false,
      reason: e.way ? e.message.replace(` ${e.way}`, '') : e.message,
      remedy,
    };
  }
}

async function netlinkRead(netns: NetNamespace): Promise<void> {
  const requests = new RtNetlink(netns);
  try {
    await requests.links();
  } finally {
    requests.close();
  }
}

/** Changes nothing: sets the loopback interface to the MTU that it has. */
async function netlinkWrite(netns: NetNamespace): Promise<void> {
  const requests = new RtNetlink(netns);
  try {
    const loopback = (await requests.links()).find((link) => link.loopback);
    if (loopback) await requests.setLink(loopback.index, { mtu: loopback.mtu });
  } finally {
    requests.close();
  }
}

function packetSocket(netns: NetNamespace): void {
  const handle = native().openSocket(netns, AF_PACKET, SOCK_RAW, 0);
  try {
    handle.filter(signallingFilter({ tunnels: 'all', udpPort: null }));
  } finally {
    handle.close();
  }
}

function rawSocket(netns: NetNamespace): void {
  for (const family of [AF_INET6, AF_INET]) {
    native().openSocket(netns, family, SOCK_RAW, IPPROTO_RAW).close();
  }
}

function tun(netns: NetNamespace): void {
  try {
    native()
      .openTun(netns, `mip6-${randomBytes(3).toString('hex')}`, 0)
      .close();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'ENOENT' && code !== 'ENODEV') throw error;
    throw new LinuxError('TUN', 'There is no /dev/net/tun.', {
      errno: code,
      way: '`modprobe tun`; in a container add the device: `--device /dev/net/tun`.',
    });
  }
}

/** `nft -c` checks a table of our kind against this kernel and changes nothing. */
async function nft(netns: NetNamespace): Promise<void> {
  const end = await runProgram(netns, ['nft', '-c', '-f', '-'], NFT_PROBE);
  if (end.code === 0) return;
  if (end.missing) {
    const sentence = 'The program nft is not installed.';
    throw new LinuxError('NFT', sentence, { errno: 'ENOENT', way: '`apt install nftables`' });
  }
  const way = 'Load nf_tables with the inet family, and run with CAP_NET_ADMIN.';
  throw new LinuxError('NFT', `nft refuses a table: ${end.said}.`, { way });
}

function udpPort(netns: NetNamespace, query: CapabilityQuery): void {
  const port = query.udpPort ?? DSMIP_PORT;
  const handle = native().openSocket(netns, AF_INET, SOCK_DGRAM, 0);
  try {
    handle.bind(ipSocketAddress('0.0.0.0' as Ipv4, port));
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    throw new LinuxError('PORT_IN_USE', `UDP port ${port} is in use.`, {
      errno: 'EADDRINUSE',
      way: `\`ss -ulpn sport = :${port}\` names the program (perhaps a running mip6).`,
    });
  } finally {
    handle.close();
  }
}

function ipv6Enabled(netns: NetNamespace): void {
  if (readSetting(netns, 'ipv6/conf/all/disable_ipv6') === '0') return;
  throw new LinuxError('SYSCTL', 'IPv6 is switched off.', {
    way: '`sysctl -w net.ipv6.conf.all.disable_ipv6=0`',
  });
}

/** A home agent must forward; a mobile node need not. */
function forwarding(netns: NetNamespace): void {
  const off = Object.entries(FORWARDING).filter(([key]) => readSetting(netns, key) !== '1');
  if (off.length === 0) return;
  throw new LinuxError(
    'SYSCTL',
    `This host does not forward (${off.map(([, s]) => s).join(', ')}).`,
    {
      way: `A home agent needs it: ${off.map(([, s]) => `\`sysctl -w ${s}=1\``).join(' ')}`,
    },
  );
}

/** Strict filtering (1) of `all` drops IPv4 that comes out of a tunnel; our device is set to loose, which wins. */
function reversePathFilter(netns: NetNamespace): void {
  const all = readSetting(netns, 'ipv4/conf/all/rp_filter');
  const other = readSetting(netns, 'ipv4/conf/default/rp_filter');
  if (all !== '1' && other !== '1') return;
  throw new LinuxError('SYSCTL', 'Strict reverse path filtering is on for IPv4.', {
    way: 'On interfaces with more than one path use loose: `sysctl -w net.ipv4.conf.all.rp_filter=2`',
  });
}

const PROBES: readonly (readonly [CapabilityName, Probe, string])[] = [
  ['native', () => void native(), 'The packet addon is built and loads.'],
  ['netlink', netlinkRead, 'Interfaces can be listed.'],
  ['netlink-write', netlinkWrite, 'Interfaces, addresses and routes can be changed.'],
  ['packet-socket', packetSocket, 'Frames can be read from links.'],
  ['raw-socket', rawSocket, 'Whole IP packets can be sent.'],
  ['tun', tun, 'A tunnel device can be made.'],
  ['nft', nft, 'nftables takes our rules.'],
  ['udp-4191', udpPort, 'The UDP port is free.'],
  ['ipv6', ipv6Enabled, 'IPv6 is on.'],
  ['forwarding', forwarding, 'IPv6 and IPv4 are forwarded.'],
  ['reverse-path-filter', reversePathFilter, 'IPv4 reverse path filtering is off or loose.'],
];
const FORWARDING = {
  'ipv6/conf/all/forwarding': 'net.ipv6.conf.all.forwarding',
  'ipv4/ip_forward': 'net.ipv4.ip_forward',
} as const;
const DSMIP_PORT = 4191;
const IPPROTO_RAW = 255;
const NFT_PROBE = `table inet mip6-probe {
  set s6 { type ipv6_addr; }
  chain c {
    type filter hook prerouting priority raw;
    ip6 daddr @s6 meta l4proto 135 drop
    ip6 daddr @s6 exthdr dst exists drop
    ip6 daddr @s6 rt type 2 drop
  }
}
`;
