import { describe, expect, it } from 'vitest';
import { ipv6, prefix } from '../../src/base/address.js';
import { TUNNEL_LINK, type DatapathItem } from '../../src/core/datapath/model.js';
import type { RoleEffect } from '../../src/core/effect.js';
import type { LinkState, WorldInput } from '../../src/core/input.js';
import type { Deadline } from '../../src/core/machine.js';
import type { Role } from '../../src/core/role.js';
import type { RoleView } from '../../src/core/view.js';
import { encodeMobilityPacket } from '../../src/wire/mobility-packet.js';
import { Network, type RunningRole } from '../../src/sim/network.js';

describe('several roles on one host', () => {
  it('each sees every frame and every signalling packet, and keeps its own datapath', () => {
    const { net } = pair();
    const one = net.run('right', 'one', () => new Recorder());
    const two = net.run('right', 'two', () => new Recorder());
    want(one, [address('2001:db8:a::50'), signalling('2001:db8:a::2')]);
    want(two, [address('2001:db8:a::51')]);
    net.host('left').send(update('2001:db8:a::1', '2001:db8:a::2'));
    net.runFor(10);
    for (const { role } of [one, two]) {
      expect(role.kinds('packet')).toBe(1);
      expect(role.kinds('frame')).toBeGreaterThan(0);
    }
    const on = net.host('right').interface('eth0')!;
    want(one, []);
    net.runFor(10);
    expect(on.addresses.has(ipv6('2001:db8:a::50'))).toBe(false);
    expect(on.addresses.has(ipv6('2001:db8:a::51'))).toBe(true);
  });

  it('an address that two of them want stays until both let go', () => {
    const { net } = pair();
    const roles = ['one', 'two'].map((name) => net.run('right', name, () => new Recorder()));
    for (const role of roles) want(role, [address('2001:db8:a::50')]);
    net.runFor(10);
    const on = net.host('right').interface('eth0')!;
    want(roles[0]!, []);
    net.runFor(10);
    expect(on.addresses.has(ipv6('2001:db8:a::50'))).toBe(true);
    want(roles[1]!, []);
    net.runFor(10);
    expect(on.addresses.has(ipv6('2001:db8:a::50'))).toBe(false);
  });
});

describe('signalling', () => {
  it('to an address that the role declared is not answered by the host', () => {
    const { net, answers } = pair();
    const running = net.run('right', 'role', () => new Recorder());
    const { role } = running;
    want(running, [signalling('2001:db8:a::2')]);
    net.runFor(1);
    net.host('left').send(update('2001:db8:a::1', '2001:db8:a::2'));
    net.runFor(10);
    expect(role.kinds('packet')).toBe(1);
    expect(answers()).toBe(0);
  });

  it('to an address that it did not declare is, as by a kernel without Mobile IPv6', () => {
    const { net, answers } = pair();
    const { role } = net.run('right', 'role', () => new Recorder());
    net.runFor(1);
    net.host('left').send(update('2001:db8:a::1', '2001:db8:a::2'));
    net.runFor(10);
    expect(role.kinds('packet')).toBe(1);
    expect(answers()).toBe(1);
  });
});

describe('moves', () => {
  it('a gap shows as carrier going and coming', () => {
    const { net } = pair();
    net.addLink('other');
    const { role } = net.run('left', 'role', () => new Recorder());
    net.move('left', 'eth0', 'other', 100);
    net.runFor(200);
    expect(role.links.map((l) => [l.up, l.carrierUps])).toEqual([
      [false, 1],
      [true, 2],
    ]);
  });

  it('a move calls off one that was still to come', () => {
    const { net } = pair();
    net.addLink('other');
    net.move('left', 'eth0', 'other', 100);
    net.runFor(50);
    net.move('left', 'eth0', 'a');
    net.runFor(200);
    expect(net.host('left').interface('eth0')!.link?.name).toBe('a');
  });

  it('without a gap, only the count tells', () => {
    const { net } = pair();
    net.addLink('other');
    const { role } = net.run('left', 'role', () => new Recorder());
    net.move('left', 'eth0', 'other');
    net.runFor(200);
    expect(role.links.map((l) => [l.up, l.carrierUps])).toEqual([[true, 2]]);
  });
});

describe('a process that dies', () => {
  it('leaves its addresses, and takes its tunnel device, tunnels and sockets along', () => {
    const { net } = pair();
    const first = net.run('right', 'role', () => new Recorder());
    want(first, [
      address('2001:db8:a::50'),
      signalling('2001:db8:a::2'),
      { ...address('2001:db8:d::1'), link: TUNNEL_LINK, prefixLength: 128 },
      {
        kind: 'route',
        table: 'main',
        destination: prefix('2001:db8:d::/64'),
        link: TUNNEL_LINK,
        metric: 1,
      },
    ]);
    net.runFor(1);
    first.crash();
    const host = net.host('right');
    expect(host.isLocal(ipv6('2001:db8:a::50'))).toBe(true);
    expect(host.isLocal(ipv6('2001:db8:d::1'))).toBe(false);
    expect([...host.routing.routes()].some((r) => r.link.startsWith(TUNNEL_LINK))).toBe(false);
    const second = net.run('right', 'role', () => new Recorder());
    expect(second.world.datapath.snapshot().items).toEqual([address('2001:db8:a::50')]);
    void second.world.datapath.clean();
    expect(host.isLocal(ipv6('2001:db8:a::50'))).toBe(false);
  });

  it('finds its store again', () => {
    const { net } = pair();
    const first = net.run('right', 'role', () => new Recorder());
    first.world.store.set('seq', '7');
    first.crash();
    const second = net.run('right', 'role', () => new Recorder());
    expect(second.role.kept.get('seq')).toBe('7');
  });

  it('is told of nothing any more', () => {
    const { net } = pair();
    const { role, crash } = net.run('right', 'role', () => new Recorder());
    net.host('left').send(update('2001:db8:a::1', '2001:db8:a::2'));
    crash();
    net.runFor(100);
    expect(role.inputs).toEqual([]);
  });
});

it('RFC 2473 §7.1: a Packet Too Big about a tunnel packet lowers what the tunnel takes', () => {
  const { net, ends } = tunnelled();
  const ping = net.ping('left', {
    source: ipv6('2001:db8:d::1'),
    destination: ipv6('2001:db8:d::2'),
    interval: 100,
    size: 1400,
  });
  ping.start();
  net.runFor(350);
  ping.close();
  // 1448 octets and the outer header fit the first link, not the second: dropped there, then known here.
  expect(ping.summary.received).toBe(0);
  expect(ends.left.forwarder.counters['too-big-reported']).toBe(3);
  const small = net.ping('left', { ...ping.options, size: 1180 });
  small.start();
  net.runFor(50);
  expect(small.summary.received).toBe(1);
});

/** left — a — right */
function pair() {
  const net = new Network('pair');
  net.addLink('a');
  for (const [i, name] of ['left', 'right'].entries()) {
    net.addHost(name);
    net.addInterface(name, 'eth0', { link: 'a', addresses: [`2001:db8:a::${i + 1}/64`] });
  }
  const answers = () => net.host('left').counters['icmp6-parameterProblem'] ?? 0;
  return { net, answers };
}

/** left — a — middle — b (MTU 1300) — right, with a tunnel between the ends for 2001:db8:d::/64. */
function tunnelled() {
  const net = new Network('tunnelled');
  net.addLink('a');
  net.addLink('b');
  net.addHost('middle', { forwarding: true });
  net.addInterface('middle', 'eth0', { link: 'a', addresses: ['2001:db8:a::9/64'] });
  net.addInterface('middle', 'eth1', { link: 'b', addresses: ['2001:db8:b::9/64'], mtu: 1300 });
  const end = (name: string, link: string, own: number, other: number) => {
    net.addHost(name);
    net.addInterface(name, 'eth0', { link, addresses: [`2001:db8:${link}::${own}/64`] });
    net.addRoute(name, '::/0', { via: `2001:db8:${link}::9`, link: 'eth0' });
    const running = net.run(name, 'role', () => new Recorder());
    const local = `2001:db8:${link}::${own}`;
    const remote = `2001:db8:${link === 'a' ? 'b' : 'a'}::${other}`;
    const far = prefix(`2001:db8:d::${other}/128`);
    want(running, [
      signalling(local),
      { ...address(`2001:db8:d::${own}`), link: TUNNEL_LINK, prefixLength: 128 },
      {
        kind: 'tunnel',
        key: 't',
        local: ipv6(local),
        remote: ipv6(remote),
        send: [{ destination: far }],
        accept: [{ source: far }],
        pathMtu: 1500,
      },
      { kind: 'route', table: 'main', destination: far, link: TUNNEL_LINK, metric: 1 },
    ]);
    return running.world;
  };
  const ends = { left: end('left', 'a', 1, 2), right: end('right', 'b', 2, 1) };
  net.runFor(1);
  return { net, ends };
}

/** As a role does: by an effect, through its pump. */
function want({ pump, role }: RunningRole<Recorder>, items: readonly DatapathItem[]): void {
  pump.do(() => role.want(items));
}

function address(text: string): Extract<DatapathItem, { kind: 'address' }> {
  const fields = { prefixLength: 64, onLinkPrefix: false };
  return { kind: 'address', link: 'eth0', address: ipv6(text), ...fields };
}

function signalling(text: string): DatapathItem {
  return { kind: 'signalling', addresses: [ipv6(text)], udp: null };
}

function update(source: string, destination: string): Uint8Array {
  return encodeMobilityPacket({
    source: ipv6(source),
    destination: ipv6(destination),
    message: { kind: 'bindingUpdate', sequence: 1, flags: 0, lifetime: 4, options: [] },
  });
}

/** Writes down what it is told; wants what the test wants. */
class Recorder implements Role {
  readonly inputs: WorldInput[] = [];
  kept: ReadonlyMap<string, string> = new Map();
  readonly stopped = false;
  #want: readonly DatapathItem[] | undefined;

  start(_links: readonly LinkState[], kept: ReadonlyMap<string, string>): void {
    this.kept = kept;
  }

  handle(input: WorldInput): void {
    this.inputs.push(input);
  }

  want(items: readonly DatapathItem[]): void {
    this.#want = items;
  }

  kinds(kind: WorldInput['kind']): number {
    return this.inputs.filter((i) => i.kind === kind).length;
  }

  get links(): LinkState[] {
    return this.inputs.flatMap((i) => (i.kind === 'link' ? [i.link] : []));
  }

  pollTimeout(): Deadline | undefined {
    return undefined;
  }

  handleTimeout(): void {}

  pollEffect(): RoleEffect | undefined {
    const items = this.#want;
    this.#want = undefined;
    return items && { kind: 'datapath', want: { items } };
  }

  stop(): void {}

  view(): RoleView {
    throw new Error('nobody asks a recorder for its view');
  }
}
