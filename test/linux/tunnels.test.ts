/** Two worlds, a cable, and every outer and inner combination of RFC 2473, RFC 4213, RFC 2003 and RFC 5555 §4.1. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix, type IpAddress } from '../../src/base/address.js';
import { TUNNEL_LINK, type DatapathItem, type TunnelItem } from '../../src/core/datapath/model.js';
import type { WorldInput } from '../../src/core/input.js';
import { Capture, LinuxWorld, type LinuxWorldOptions } from '../../src/linux/index.js';
import { cable, eventually, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

const MN6 = ipv6('2001:db8:1::2');
const HA6 = ipv6('2001:db8:1::1');
const MN4 = ipv4('192.0.2.2');
const HA4 = ipv4('192.0.2.1');
const HOME6 = ipv6('2001:db8:a::100');
const HOME4 = ipv4('10.10.0.100');
const INSIDE6 = ipv6('2001:db8:a::1');
const INSIDE4 = ipv4('10.10.0.1');
const PORT = 4191;

describe.skipIf(!isRoot)('tunnels between two worlds', () => {
  let mn: Namespace;
  let ha: Namespace;
  let worlds: LinuxWorld[] = [];

  beforeEach(() => {
    mn = namespace('mn');
    ha = namespace('ha');
    cable(mn, 'eth0', ha, 'eth0');
    mn.setUp(`ip addr add ${MN6}/64 dev eth0
      ip addr add ${MN4}/24 dev eth0`);
    ha.setUp(`ip addr add ${HA6}/64 dev eth0
      ip addr add ${HA4}/24 dev eth0
      ip addr add ${INSIDE6}/128 dev lo
      ip addr add ${INSIDE4}/32 dev lo`);
  });
  afterEach(async () => {
    await Promise.all(worlds.map((world) => world.close()));
    worlds = [];
    removeNamespaces();
  });

  it.each<{ what: string; local: IpAddress; remote: IpAddress; udp: boolean }>([
    { what: 'IPv6', local: MN6, remote: HA6, udp: false },
    { what: 'IPv4', local: MN4, remote: HA4, udp: false },
    { what: 'UDP in IPv4', local: MN4, remote: HA4, udp: true },
  ])('carry IPv6 and IPv4 in $what, both ways', async ({ local, remote, udp }) => {
    const inputs: WorldInput[] = [];
    const [m, h] = await pair();
    m.listen((input) => inputs.push(input));
    h.listen(() => {});
    await m.datapath.apply({ items: mobileSide(local, remote, udp) });
    await h.datapath.apply({ items: homeSide(remote, local, udp) });

    await mn.run('ping', '-c2', '-i0.05', '-W2', '-I', HOME6, INSIDE6);
    await mn.run('ping', '-c2', '-i0.05', '-W2', '-I', HOME4, INSIDE4);
    await ha.run('ping', '-c2', '-i0.05', '-W2', '-I', INSIDE6, HOME6);
    await ha.run('ping', '-c2', '-i0.05', '-W2', '-I', INSIDE4, HOME4);
    const first = inputs.filter((i) => i.kind === 'firstPacket');
    expect(first).toEqual([
      { kind: 'firstPacket', tunnel: HOME6, direction: 'out' },
      { kind: 'firstPacket', tunnel: HOME6, direction: 'in' },
    ]);
    expect(await noise(mn)).toBe('');
    expect(await noise(ha)).toBe('');
  });

  it('carry packets of full size for the tunnel, and tell a sender what is too big', async () => {
    const [m, h] = await pair();
    m.listen(() => {});
    h.listen(() => {});
    await m.datapath.apply({ items: mobileSide(MN6, HA6, false, 1400) });
    await h.datapath.apply({ items: homeSide(HA6, MN6, false) });
    // 1400 - 40 outer = 1360 inside; 1360 - 48 is the payload of the largest echo request.
    await mn.run('ping', '-c1', '-W2', '-M', 'do', '-s', '1312', '-I', HOME6, INSIDE6);
    const said = await mn.attempt(
      'ping',
      '-c2',
      '-i0.2',
      '-W1',
      '-M',
      'do',
      '-s',
      '1313',
      '-I',
      HOME6,
      INSIDE6,
    );
    expect(said).toContain('mtu=1360');
  });

  it('learn from Packet Too Big about an outer packet, RFC 2473 §7.1', async () => {
    const far = narrow(1320);
    const m = await world('mn', mn, ['eth1']);
    const h = await world('far', far, ['eth0']);
    m.listen(() => {});
    h.listen(() => {});
    const near = ipv6('2001:db8:2::2');
    const there = ipv6('2001:db8:3::2');
    await m.datapath.apply({ items: mobileSide(near, there, false) });
    await h.datapath.apply({ items: homeSide(there, near, false) });
    await mn.run('ping', '-c1', '-W2', '-I', HOME6, INSIDE6);
    // The first large one dies at the router, whose error teaches the tunnel; the next is answered by the tunnel.
    const said = await mn.attempt(
      'ping',
      '-c3',
      '-i0.2',
      '-W1',
      '-M',
      'do',
      '-s',
      '1352',
      '-I',
      HOME6,
      INSIDE6,
    );
    expect(said).toContain('mtu=1280');
    await mn.run('ping', '-c1', '-W2', '-M', 'do', '-s', '1232', '-I', HOME6, INSIDE6);
  });

  it('carry 1280 octets over a path of 1280, in fragments both ways, RFC 2473 §7.1', async () => {
    const far = narrow(1280);
    const m = await world('mn', mn, ['eth1']);
    const h = await world('far', far, ['eth0']);
    const [near, there] = [ipv6('2001:db8:2::2'), ipv6('2001:db8:3::2')];
    await m.datapath.apply({ items: mobileSide(near, there, false) });
    await h.datapath.apply({ items: homeSide(there, near, false) });
    const least = ['-i0.2', '-W1', '-M', 'do', '-s', '1232', '-I', HOME6, INSIDE6];
    await mn.attempt('ping', '-c1', ...least); // the router tells of its MTU
    const fragments = { in: 0, out: 0 };
    const capture = Capture.open({ netns: far.path, link: 'eth0', snapLength: 64 }, (f) => {
      if (f.octets[12] === 0x86 && f.octets[20] === 44) fragments[f.direction]++;
    });
    expect(await mn.run('ping', '-c3', ...least)).toContain(' 0% packet loss');
    capture.flush();
    expect(fragments).toEqual({ in: 6, out: 6 });
    capture.close();
  });

  it('carry IPv4 that may be fragmented over any path, RFC 2003 §5.1', async () => {
    const far = narrow(1280);
    const m = await world('mn', mn, ['eth1']);
    const h = await world('far', far, ['eth0']);
    const [near, there] = [ipv4('198.51.100.2'), ipv4('203.0.113.2')];
    await m.datapath.apply({ items: mobileSide(near, there, false) });
    await h.datapath.apply({ items: homeSide(there, near, false) });
    const large = ['-i0.2', '-W1', '-M', 'dont', '-s', '1300', '-I', HOME4, INSIDE4];
    await mn.attempt('ping', '-c1', ...large);
    expect(await mn.run('ping', '-c3', ...large)).toContain(' 0% packet loss');
  });

  it('carry TCP that receive offload has merged', async (context) => {
    if (!(await mn.attempt('python3', '--version')).startsWith('Python')) return context.skip();
    await ha.run('python3', '-c', OFFLOAD, 'eth0', 'gro');
    await mn.run('python3', '-c', OFFLOAD, 'eth0', 'no-tso');
    const [m, h] = await pair();
    await m.datapath.apply({ items: mobileSide(MN6, HA6, false) });
    await h.datapath.apply({ items: homeSide(HA6, MN6, false) });
    let merged = 0;
    const capture = Capture.open({ netns: ha.path, link: 'eth0', snapLength: 64 }, (f) => {
      if (f.direction === 'in' && f.wireLength > 1514) merged++;
    });
    const sent = 4 << 20;
    const received = ha.run('python3', '-c', TCP_RECEIVE, INSIDE6);
    await eventuallyListening(ha);
    await mn.run('python3', '-c', TCP_SEND, HOME6, INSIDE6, String(sent));
    expect(Number(await received)).toBe(sent);
    expect(merged).toBeGreaterThan(0);
    capture.close();
  }, 15_000);

  it('move to another care-of address by one apply, with the same key', async () => {
    mn.setUp('ip addr add 2001:db8:1::3/64 dev eth0');
    const moved = ipv6('2001:db8:1::3');
    const [m, h] = await pair();
    m.listen(() => {});
    h.listen(() => {});
    await m.datapath.apply({ items: mobileSide(MN6, HA6, false) });
    await h.datapath.apply({ items: homeSide(HA6, MN6, false) });
    await mn.run('ping', '-c1', '-W2', '-I', HOME6, INSIDE6);
    await m.datapath.apply({ items: mobileSide(moved, HA6, false) });
    expect(await mn.attempt('ping', '-c1', '-W1', '-I', HOME6, INSIDE6)).toContain(
      '100% packet loss',
    );
    expect(h.tunnelCounters['outer-source']).toBeGreaterThan(0);
    await h.datapath.apply({ items: homeSide(HA6, moved, false) });
    await mn.run('ping', '-c1', '-W2', '-I', HOME6, INSIDE6);
  });

  it('hand signalling in UDP to the role with the outer source, RFC 5555 §4.2', async () => {
    const inputs: WorldInput[] = [];
    const [m, h] = await pair();
    m.listen(() => {});
    h.listen((input) => inputs.push(input));
    await m.datapath.apply({ items: mobileSide(MN4, HA4, true) });
    await h.datapath.apply({
      items: [{ kind: 'signalling', addresses: [INSIDE6], udp: { address: null, port: PORT } }],
    });
    m.io.sendPacket({
      kind: 'packet',
      octets: mobilityPacket(HOME6, INSIDE6),
      udp: { source: MN4, sourcePort: PORT, destination: HA4, destinationPort: PORT },
    });
    const input = await eventually(() => inputs.find((i) => i.kind === 'packet'), 'the update');
    expect(input).toEqual({
      kind: 'packet',
      packet: {
        link: 'eth0',
        octets: mobilityPacket(HOME6, INSIDE6),
        arrival: {
          kind: 'udp',
          source: MN4,
          sourcePort: PORT,
          destination: HA4,
          destinationPort: PORT,
        },
        protected: false,
      },
    });
  });

  /** mn — router — far, the second cable with a small MTU. */
  function narrow(mtu: number): Namespace {
    const router = namespace('r');
    const far = namespace('far');
    cable(router, 'near', mn, 'eth1');
    cable(router, 'far', far, 'eth0');
    router.setUp(`sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1
      ip addr add 2001:db8:2::1/64 dev near
      ip addr add 198.51.100.1/24 dev near
      ip addr add 2001:db8:3::1/64 dev far
      ip addr add 203.0.113.1/24 dev far
      ip link set far mtu ${mtu}`);
    mn.setUp(`ip addr add 2001:db8:2::2/64 dev eth1
      ip addr add 198.51.100.2/24 dev eth1
      ip -6 route add 2001:db8:3::/64 via 2001:db8:2::1
      ip route add 203.0.113.0/24 via 198.51.100.1`);
    far.setUp(`ip link set eth0 mtu ${mtu}
      ip addr add 2001:db8:3::2/64 dev eth0
      ip addr add 203.0.113.2/24 dev eth0
      ip addr add ${INSIDE6}/128 dev lo
      ip addr add ${INSIDE4}/32 dev lo
      ip -6 route add default via 2001:db8:3::1
      ip route add default via 203.0.113.1`);
    return far;
  }

  async function pair(): Promise<[LinuxWorld, LinuxWorld]> {
    return [await world('mn', mn, ['eth0']), await world('ha', ha, ['eth0'])];
  }

  async function world(name: string, ns: Namespace, links: string[]): Promise<LinuxWorld> {
    const options: LinuxWorldOptions = {
      name: `${ns.name}`,
      netns: ns.path,
      links,
      storeFile: null,
      stateFile: `/tmp/${ns.name}.state.json`,
      onEvent: (event) => {
        throw new Error(`${name}: ${event.code} ${JSON.stringify(event.fields)}`);
      },
    };
    const opened = await LinuxWorld.open(options);
    worlds.push(opened);
    return opened;
  }
});

/** ICMP errors that the kernel sent of its own accord: the guard is there to keep them from being sent. */
async function noise(ns: Namespace): Promise<string> {
  const counted = await ns.run(
    'nstat',
    '-asz',
    'Icmp6OutParmProblems',
    'Icmp6OutDestUnreachs',
    'IcmpOutDestUnreachs',
  );
  return counted
    .split('\n')
    .filter((line) => /^Icmp\S+\s+[1-9]/.test(line))
    .join('\n');
}

function mobileSide(
  local: IpAddress,
  remote: IpAddress,
  udp: boolean,
  pathMtu = 1500,
): DatapathItem[] {
  return [
    { kind: 'signalling', addresses: [MN6, MN4, local], udp: { address: null, port: PORT } },
    { kind: 'address', link: TUNNEL_LINK, address: HOME6, prefixLength: 128, onLinkPrefix: false },
    { kind: 'address', link: TUNNEL_LINK, address: HOME4, prefixLength: 32, onLinkPrefix: false },
    { kind: 'route', table: 'home', destination: prefix('::/0'), link: TUNNEL_LINK, metric: 1 },
    {
      kind: 'route',
      table: 'home',
      destination: prefix('0.0.0.0/0'),
      link: TUNNEL_LINK,
      metric: 1,
    },
    { kind: 'rule', priority: 1001, from: prefix(`${HOME6}/128`), table: 'home' },
    { kind: 'rule', priority: 1001, from: prefix(`${HOME4}/32`), table: 'home' },
    tunnel(local, remote, udp, pathMtu, 'source', 'destination'),
  ];
}

function homeSide(local: IpAddress, remote: IpAddress, udp: boolean): DatapathItem[] {
  return [
    { kind: 'signalling', addresses: [HA6, HA4, local], udp: { address: null, port: PORT } },
    route(`${HOME6}/128`),
    route(`${HOME4}/32`),
    tunnel(local, remote, udp, 1500, 'destination', 'source'),
  ];
}

async function eventuallyListening(ns: Namespace): Promise<void> {
  for (let n = 0; n < 100; n++) {
    if ((await ns.run('ss', '-tlnH')).includes(':5300')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('no listener');
}

const route = (destination: string): DatapathItem => ({
  kind: 'route',
  table: 'main',
  destination: prefix(destination),
  link: TUNNEL_LINK,
  metric: 1,
});

function tunnel(
  local: IpAddress,
  remote: IpAddress,
  udp: boolean,
  pathMtu: number,
  send: 'source' | 'destination',
  accept: 'source' | 'destination',
): TunnelItem {
  const homes = [prefix(`${HOME6}/128`), prefix(`${HOME4}/32`)];
  return {
    kind: 'tunnel',
    key: HOME6,
    local,
    remote,
    ...(udp ? { udp: { localPort: PORT, remotePort: PORT } } : {}),
    send: homes.map((home) => ({ [send]: home })),
    accept: homes.map((home) => ({ [accept]: home })),
    pathMtu,
  };
}

/** IPv6 with a Mobility Header of 8 octets. */
function mobilityPacket(source: string, destination: string): Uint8Array {
  const octets = new Uint8Array(48);
  octets.set([0x60, 0, 0, 0, 0, 8, 135, 64]);
  octets.set(ipv6Bytes(source), 8);
  octets.set(ipv6Bytes(destination), 24);
  octets.set([59, 0, 0, 0, 0x12, 0x34, 0, 0], 40);
  return octets;
}

function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail = ''] = text.split('::');
  const out = new Uint8Array(16);
  const put = (words: string[], first: number): void =>
    words.forEach((w, i) =>
      new DataView(out.buffer).setUint16(2 * (first + i), Number.parseInt(w, 16)),
    );
  put(head.split(':'), 0);
  put(tail.split(':'), 8 - tail.split(':').length);
  return out;
}

/** ETHTOOL_SGRO and ETHTOOL_STSO, and a timer that lets frames wait for each other as a busy NIC would. */
const OFFLOAD = `
import array, fcntl, socket, struct, sys
name, what = sys.argv[1:3]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def ethtool(command, value):
    b = array.array('B', struct.pack('II', command, value))
    fcntl.ioctl(s, 0x8946, struct.pack('16sP', name.encode(), b.buffer_info()[0]) + bytes(16))
if what == 'gro':
    ethtool(0x2c, 1)
    for file, value in ('gro_flush_timeout', '2000000'), ('napi_defer_hard_irqs', '10'):
        open('/sys/class/net/%s/%s' % (name, file), 'w').write(value)
else:
    ethtool(0x1f, 0)
`;
const TCP_RECEIVE = `
import socket, sys
s = socket.socket(socket.AF_INET6)
s.bind((sys.argv[1], 5300))
s.listen(1)
c, _ = s.accept()
n = 0
while True:
    d = c.recv(1 << 20)
    if not d: break
    n += len(d)
print(n)
`;
const TCP_SEND = `
import socket, sys
s = socket.create_connection((sys.argv[2], 5300), 10, (sys.argv[1], 0))
s.sendall(bytes(int(sys.argv[3])))
s.close()
`;
