/**
 * What this kernel can do for Mobile IPv6: one row per capability, found out by trying it in a namespace that goes away
 * again. For `mip6 doctor`. The kernel loads the modules that it is asked for.
 */
import { existsSync } from 'node:fs';
import { Bench, type Attempt } from './attempts/bench.js';
import { ESP_SUITES, espState, type EspSuite } from './attempts/esp.js';
import { flower, iptables, nftInet, nftIp, nftIp6 } from './attempts/filters.js';
import {
  homeAddressOption,
  migrate,
  subPolicies,
  type2RoutingHeader,
} from './attempts/mobile-ipv6.js';
import { settable } from './attempts/settings.js';
import * as tunnels from './attempts/tunnels.js';
import { LinuxError, sentenceOf } from './error.js';

export interface KernelRow {
  /** Of one word, for programs. */
  readonly name: string;
  /** What it is, and what it is for. */
  readonly purpose: string;
  /** What is otherwise where it is missing; empty: nothing. */
  readonly cost: string;
  /** The module or the option of the kernel's configuration that brings it. */
  readonly remedy: string;
  /** Without it there is no kernel datapath. */
  readonly forwarding?: true;
  /** Only this role has a use for it; absent: both. */
  readonly role?: 'mn' | 'ha';
  readonly attempt: Attempt;
}

export interface KernelCapability extends Omit<KernelRow, 'attempt'> {
  readonly ok: boolean;
  /** Why not, a sentence; empty where `ok`. */
  readonly reason: string;
}

/** All of them, in the order of the rows. Throws `LinuxError` where no namespace can be made to try in. */
export async function kernelCapabilities(): Promise<KernelCapability[]> {
  const bench = new Bench();
  try {
    const found: KernelCapability[] = [];
    for (const { attempt, ...row } of KERNEL_ROWS) {
      const failure = await bench.failureOf(attempt);
      if (!failure) found.push({ ...row, ok: true, reason: '', remedy: '', cost: '' });
      else
        found.push({
          ...row,
          ok: false,
          reason: sentenceOf(failure),
          remedy: remedyFor(row, failure),
        });
    }
    return found;
  } finally {
    bench.close();
  }
}

/** A module that harms where it is loaded. Not tried: trying would load it. */
const xfrmInterface: Attempt = () => {
  if (!existsSync('/sys/module/xfrm_interface')) return Promise.resolve();
  return Promise.reject(new LinuxError('DATAPATH', 'It is loaded.'));
};

/** What this kernel lacks is another matter than what this process may not do. */
const remedyFor = (row: Pick<KernelRow, 'remedy'>, { errno, way }: LinuxError): string =>
  errno === 'EPERM' || errno === 'EACCES' ? (way ?? row.remedy) : row.remedy;

function espRow(suite: EspSuite): KernelRow {
  const { name, encryption, authentication, aead, options } = suite;
  const ciphers = aead ? [aead] : [encryption!, authentication!];
  return {
    name,
    purpose: `ESP with ${ciphers.map(([cipher]) => cipher).join(' and ')}.`,
    cost: 'IPsec cannot use algorithms that are missing here: both ends must have one in common.',
    remedy: `Load esp6 (CONFIG_INET6_ESP) and the algorithms (${options}).`,
    attempt: espState(suite),
  };
}

const BY_THIS_PROGRAM = 'All packets of home addresses pass through this program, not the kernel.';
const UDP_BY_THIS_PROGRAM =
  'Tunnels in UDP (IPv4 networks, NAT) are carried in user space, also where the kernel does the rest.';

const setBy = (names: string): string =>
  `Mount /proc/sys writable, or set ${names} before this program starts.`;

export const KERNEL_ROWS: readonly KernelRow[] = [
  {
    name: 'home-address-option',
    purpose: 'XFRM states of the Home Address option, for Binding Updates (RFC 6275 §6.3).',
    cost: BY_THIS_PROGRAM,
    remedy: 'Load mip6, or use a kernel with CONFIG_IPV6_MIP6.',
    forwarding: true,
    attempt: homeAddressOption,
  },
  {
    name: 'type2-routing-header',
    purpose: 'XFRM states of the type 2 routing header, for acknowledgements (RFC 6275 §6.4).',
    cost: BY_THIS_PROGRAM,
    remedy: 'Load mip6, or use a kernel with CONFIG_IPV6_MIP6.',
    forwarding: true,
    attempt: type2RoutingHeader,
  },
  {
    name: 'sub-policies',
    purpose: 'XFRM policies of type sub, beside those of IPsec.',
    cost: BY_THIS_PROGRAM,
    remedy: 'Use a kernel with CONFIG_XFRM_USER and CONFIG_XFRM_SUB_POLICY.',
    forwarding: true,
    attempt: subPolicies,
  },
  ...ESP_SUITES.map(espRow),
  {
    name: 'xfrm-migrate',
    purpose: 'IPsec tunnels that follow the care-of address (RFC 6275 §11.3.2).',
    cost: 'IPsec tunnels are made anew at every handover.',
    remedy: 'Use a kernel with CONFIG_XFRM_MIGRATE.',
    attempt: migrate,
  },
  {
    name: 'no-xfrm-interface',
    purpose: 'No module xfrm_interface, which refuses Binding Updates in ESP.',
    cost: 'Binding Updates that ESP protects are answered with a Binding Error.',
    remedy:
      '`modprobe -r xfrm_interface`, or at the home agent `ip xfrm policy add src ::/0 dst ADDRESS/128 proto esp dir in ptype sub priority 9 tmpl src :: dst :: proto hao mode ro level use`.',
    role: 'ha',
    attempt: xfrmInterface,
  },
  {
    name: 'ip6tnl',
    purpose: 'Tunnels over IPv6 (RFC 2473).',
    cost: BY_THIS_PROGRAM,
    remedy: 'Load ip6_tunnel (CONFIG_IPV6_TUNNEL).',
    forwarding: true,
    attempt: tunnels.ip6tnl,
  },
  {
    name: 'ip6tnl-external',
    purpose: 'One tunnel device for all bindings, a route for each (`encap ip6`).',
    cost: BY_THIS_PROGRAM,
    remedy: 'Load ip6_tunnel, and use a kernel with CONFIG_LWTUNNEL.',
    forwarding: true,
    attempt: tunnels.ip6tnlExternal,
  },
  {
    name: 'sit',
    purpose: 'Tunnels over IPv4, with IPv6 and IPv4 inside.',
    cost: BY_THIS_PROGRAM,
    remedy: 'Load sit (CONFIG_IPV6_SIT).',
    forwarding: true,
    attempt: tunnels.sit,
  },
  {
    name: 'ipip',
    purpose: 'Tunnels over IPv4 for IPv4 alone. Not used: sit takes both.',
    cost: '',
    remedy: 'Load ipip (CONFIG_NET_IPIP).',
    attempt: tunnels.ipip,
  },
  {
    name: 'fou-port',
    purpose: 'UDP ports whose datagrams hold packets of one protocol. Not used: GUE takes all.',
    cost: '',
    remedy: 'Load fou (CONFIG_NET_FOU).',
    attempt: tunnels.fouPort,
  },
  {
    name: 'gue-port',
    purpose: 'A UDP port whose datagrams hold IPv6 or IPv4 packets (RFC 5555 §4.1).',
    cost: UDP_BY_THIS_PROGRAM,
    remedy: 'Load fou (CONFIG_NET_FOU).',
    attempt: tunnels.guePort,
  },
  {
    name: 'encap-fou',
    purpose: 'Tunnels that leave in UDP (sit with `encap fou`).',
    cost: UDP_BY_THIS_PROGRAM,
    remedy: 'Use a kernel with CONFIG_NET_FOU_IP_TUNNELS.',
    attempt: tunnels.encapFou,
  },
  {
    name: 'nft-inet',
    purpose: 'nftables of the family inet: what may come out of tunnels (RFC 6275 §10.4.5).',
    cost: `Traffic filters or iptables stand in for it. ${UDP_BY_THIS_PROGRAM}`,
    remedy: 'Install nftables; load nf_tables (CONFIG_NF_TABLES_INET).',
    attempt: nftInet,
  },
  {
    name: 'nft-ip6',
    purpose: 'nftables of the family ip6. Not used: inet takes both.',
    cost: '',
    remedy: 'Install nftables; load nf_tables (CONFIG_NF_TABLES_IPV6).',
    attempt: nftIp6,
  },
  {
    name: 'nft-ip',
    purpose:
      'nftables of the family ip. Not used: inet takes both; networks of labs have NAT by it.',
    cost: '',
    remedy: 'Install nftables; load nf_tables (CONFIG_NF_TABLES_IPV4).',
    attempt: nftIp,
  },
  {
    name: 'iptables',
    purpose: 'iptables and ip6tables, where nftables has no family inet.',
    cost: '',
    remedy: 'Install iptables; load iptable_raw and ip6table_raw.',
    attempt: iptables,
  },
  {
    name: 'traffic-filters',
    purpose: 'Traffic filters (flower): what may come out of tunnels, without nftables.',
    cost: '',
    remedy: '`modprobe -a sch_ingress cls_flower cls_matchall act_gact` (CONFIG_NET_CLS_FLOWER).',
    attempt: flower,
  },
  {
    name: 'setting-forwarding',
    purpose: 'Forwarding can be switched on: a home agent is a router.',
    cost: 'A home agent cannot make this host a router; it must be one.',
    remedy: setBy('net.ipv6.conf.all.forwarding and net.ipv4.ip_forward'),
    role: 'ha',
    attempt: settable(['ipv6/conf/all/forwarding', 'ipv4/ip_forward'], '1'),
  },
  {
    name: 'setting-accept-ra',
    purpose: 'Router Advertisements can be left to this program, which moves by them.',
    cost: 'The kernel takes up addresses and routes of visited networks too, beside this program.',
    remedy: setBy('net.ipv6.conf.INTERFACE.accept_ra'),
    role: 'mn',
    attempt: settable(['ipv6/conf/lo/accept_ra'], '0'),
  },
  {
    name: 'setting-rp-filter',
    purpose: 'Tunnel devices can take IPv4 whose way back is another one.',
    cost: 'Strict reverse path filtering, where it is on, drops IPv4 out of tunnels.',
    remedy: setBy('net.ipv4.conf.INTERFACE.rp_filter'),
    attempt: settable(['ipv4/conf/lo/rp_filter'], '2'),
  },
  {
    name: 'setting-proxy-ndp',
    purpose: 'The kernel can defend addresses for others. Not used: this program does so itself.',
    cost: '',
    remedy: setBy('net.ipv6.conf.INTERFACE.proxy_ndp'),
    role: 'ha',
    attempt: settable(['ipv6/conf/lo/proxy_ndp'], '1'),
  },
  {
    name: 'setting-accept-local',
    purpose: 'IPv4 from an address of this host can come in. Not used: for networks of one host.',
    cost: '',
    remedy: setBy('net.ipv4.conf.INTERFACE.accept_local'),
    attempt: settable(['ipv4/conf/lo/accept_local'], '1'),
  },
];
