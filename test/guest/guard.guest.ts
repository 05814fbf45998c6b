/** What the kernel would answer with an ICMP error it does not see, at the guarded addresses and at no other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv4, ipv6, isIpv6, type IpAddress, type Ipv6 } from '../../src/base/address.js';
import { SignallingGuard } from '../../src/linux/datapath/guard.js';
import { native, SEND } from '../../src/linux/native.js';
import { Outbox } from '../../src/linux/netlink/outbox.js';
import { AF_INET, AF_INET6, ipSocketAddress, SOCK_RAW } from '../../src/linux/sockaddr.js';
import { encodeIpv4 } from '../../src/wire/ipv4.js';
import { encodeIpv6 } from '../../src/wire/ipv6-codec.js';
import type { ExtensionHeader } from '../../src/wire/ipv6.js';
import { PROTOCOL } from '../../src/wire/protocol.js';
import { cable, namespace, removeNamespaces, type Namespace } from '../linux/netns.js';

const HERE = ipv6('2001:db8:1::1');
const GUARDED = ipv6('2001:db8:1::2');
const OTHER = ipv6('2001:db8:1::3');
const HERE4 = ipv4('192.0.2.1');
const GUARDED4 = ipv4('192.0.2.2');
const OTHER4 = ipv4('192.0.2.3');

let peer: Namespace;
let own: Namespace;
let guard: SignallingGuard;

beforeAll(() => {
  peer = namespace('peer');
  own = namespace('own');
  cable(peer, 'eth0', own, 'eth0');
  peer.setUp(`ip addr add ${HERE}/64 dev eth0 nodad
    ip addr add ${HERE4}/24 dev eth0`);
  // The kernel answers each, however many come.
  own.setUp(`ip addr add ${GUARDED}/64 dev eth0 nodad
    ip addr add ${OTHER}/64 dev eth0 nodad
    ip addr add ${GUARDED4}/24 dev eth0
    ip addr add ${OTHER4}/24 dev eth0
    sysctl -qw net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_ratelimit=0`);
  guard = new SignallingGuard(own.path, 'mip6', new Outbox());
});
afterAll(() => {
  guard.close();
  removeNamespaces();
});

describe('the guard', () => {
  it.each([
    ['before it is there the kernel answers at both', [], 'answered', 'answered'],
    [
      'at a guarded address nothing is answered, at the other all',
      [GUARDED, GUARDED4],
      'silence',
      'answered',
    ],
    ['moves with the addresses', [OTHER, OTHER4], 'answered', 'silence'],
    ['stands for both at once', [GUARDED, OTHER, GUARDED4, OTHER4], 'silence', 'silence'],
    ['lets go', [], 'answered', 'answered'],
  ])('%s', async (_, addresses, first, second) => {
    await guard.guard(addresses);
    const found: Record<string, string[]> = {};
    for (const kind of KINDS) {
      const [at, other] = kind.four ? [GUARDED4, OTHER4] : [GUARDED, OTHER];
      found[kind.name] = [await answer(kind, at), await answer(kind, other)];
    }
    expect(found).toEqual(Object.fromEntries(KINDS.map(({ name }) => [name, [first, second]])));
  });

  it('lets everything else through', async () => {
    await guard.guard([GUARDED, GUARDED4]);
    await peer.run('ping', '-c1', '-W5', GUARDED);
    await peer.run('ping', '-c1', '-W5', GUARDED4);
  });

  it('is removed without a trace, also by one that does not remember having made it', async () => {
    const rules = async () =>
      (await own.attempt('nft', 'list', 'ruleset')) +
      (await own.attempt('ip6tables-legacy', '-t', 'raw', '-S')) +
      (await own.attempt('iptables-legacy', '-t', 'raw', '-S'));
    expect(await rules()).toContain('mip6');
    const another = new SignallingGuard(own.path, 'mip6', new Outbox());
    await another.remove();
    another.close();
    expect(await rules()).not.toContain('mip6');
  });
});

interface Kind {
  readonly name: string;
  readonly four?: true;
  readonly protocol: number;
  readonly headers?: readonly ExtensionHeader[];
}

const UNKNOWN = { kind: 'unknown', type: 0x9e, data: new Uint8Array(4) } as const; // RFC 8200 §4.2: report
const KINDS: readonly Kind[] = [
  { name: 'Mobility Header', protocol: PROTOCOL.mobility },
  {
    name: 'destination option',
    protocol: PROTOCOL.none,
    headers: [{ kind: 'destinationOptions', options: [UNKNOWN] }],
  },
  { name: 'IPv6 in IPv6', protocol: PROTOCOL.ipv6 },
  { name: 'IPv4 in IPv6', protocol: PROTOCOL.ipv4 },
  { name: 'IPv6 in IPv4', protocol: PROTOCOL.ipv6, four: true },
  { name: 'IPv4 in IPv4', protocol: PROTOCOL.ipv4, four: true },
];

/** Sends one such packet and one that is always answered, and says whether the first was answered too. */
async function answer(kind: Kind, to: IpAddress): Promise<string> {
  const before = await errors();
  send(kind, to);
  // Packets stay in order on a cable: once this is answered, the other has been judged.
  await peer.run('ping', '-c1', '-W5', to);
  return (await errors()) > before ? 'answered' : 'silence';
}

/** ICMP errors that the kernel has sent of its own accord. */
async function errors(): Promise<number> {
  const names = ['Icmp6OutParmProblems', 'Icmp6OutDestUnreachs', 'IcmpOutDestUnreachs'];
  const counted = await own.run('nstat', '-asz', ...names);
  return [...counted.matchAll(/^Icmp\S+\s+(\d+)/gm)].reduce((sum, m) => sum + Number(m[1]), 0);
}

function send({ protocol, headers = [] }: Kind, to: IpAddress): void {
  const payload = new Uint8Array(40);
  const octets = isIpv6(to)
    ? encodeIpv6({
        ...{ trafficClass: 0, flowLabel: 0, hopLimit: 64, source: HERE, destination: to as Ipv6 },
        ...{ headers, protocol, payload },
      })
    : encodeIpv4({
        ...{
          tos: 0,
          options: new Uint8Array(),
          identification: 1,
          dontFragment: true,
          moreFragments: false,
        },
        ...{ fragmentOffset: 0, ttl: 64, source: HERE4, destination: to as typeof HERE4 },
        ...{ protocol, payload },
      });
  const family = isIpv6(to) ? AF_INET6 : AF_INET;
  const socket = native().openSocket(peer.path, family, SOCK_RAW, IPPROTO_RAW);
  const row = new Uint32Array(SEND.words);
  const name = ipSocketAddress(to);
  row[SEND.length] = octets.length;
  row[SEND.nameLength] = name.length;
  new Uint8Array(row.buffer).set(name, SEND.name * 4);
  expect(socket.send(octets, row, 0, 1)).toBe(1);
  socket.close();
}

const IPPROTO_RAW = 255;
