/** The DHCP client of a mobile node against real servers: leases, renewals, refusals, releases, known gateways. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mac } from '../../src/base/address.js';
import type { MipEvent } from '../../src/core/event.js';
import { MobileNode } from '../../src/core/mn/mobile-node.js';
import type { DhcpView, LeaseView } from '../../src/core/view.js';
import { LinuxWorld } from '../../src/linux/index.js';
import { Pump } from '../../src/ports/pump.js';
import { mobileNodeOptions, seeded } from '../core/mn/scripted-network.js';
import { DhcpServerProcess, SERVERS, type Pool } from './dhcp-servers.js';
import { cable, eventually, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

const POOL: Pool = {
  network: '10.77',
  from: '10.77.1.10',
  to: '10.77.1.19',
  t1: 300,
  t2: 500,
  routes: false,
};
const OTHER_POOL: Pool = { ...POOL, from: '10.77.2.10', to: '10.77.2.19' };
const POOL_ELSEWHERE: Pool = {
  ...POOL,
  network: '10.78',
  from: '10.78.1.10',
  to: '10.78.1.19',
};

describe.skipIf(!isRoot).each(SERVERS)('with %s', (name) => {
  let mn: Namespace;
  let hub: Namespace;
  let far: Namespace;
  let server: DhcpServerProcess;
  let node: MobileNode;
  let pump: Pump;
  let world: LinuxWorld;
  let events: MipEvent[];

  beforeEach(async () => {
    [mn, hub, far] = [namespace('mn'), namespace('hub'), namespace('srv')];
    hub.setUp('ip link add br0 type bridge mcast_snooping 0 forward_delay 0');
    cable(mn, 'eth0', hub, 'mn');
    cable(far, 'eth0', hub, 'srv');
    hub.setUp(`ip link set br0 up
      ip link set mn master br0
      ip link set srv master br0`);
    far.setUp('ip addr add 10.77.0.1/22 dev eth0');
    server = new DhcpServerProcess(name, far);
    await start();
  });
  afterEach(async () => {
    pump.close();
    await world.close();
    await server.close();
    removeNamespaces();
  });

  it('binds: a real prefix, classless routes, T1 and T2 of the server, and the address works', async () => {
    await server.start({ ...POOL, routes: true });
    const lease = await leased();
    expect(lease.address).toMatch(/^10\.77\.1\.1\d$/);
    expect(lease).toMatchObject({
      prefixLength: 22,
      router: '10.77.0.1',
      routes: [{ destination: { address: '10.88.0.0', length: 16 }, router: '10.77.0.2' }],
      server: '10.77.0.1',
      lifetime: 600,
    });
    const now = world.clock.now();
    expect(lease.renewAt! - now).toBeLessThanOrEqual(300_000);
    expect(lease.renewAt! - now).toBeGreaterThan(300_000 * 0.95 - 60_000);
    await pump.settled();
    expect(await mn.run('ip', '-4', '-o', 'addr', 'show', 'dev', 'eth0')).toContain(
      `${lease.address}/22`,
    );
    expect(await mn.run('ping', '-c1', '-W5', '-I', lease.address, '10.77.0.1')).toContain(' 0% ');
    expect(server.leases(lease.address)).toBe(true);
  });

  it('renews at T1 by itself, to the server alone', async () => {
    await server.start({ ...POOL, t1: 3, t2: 500 }); // dnsmasq takes no less
    const first = await leased();
    const renewed = await eventually(
      () => client().lease?.expiresAt !== first.expiresAt && client().lease,
      'a renewal',
      20_000,
    );
    expect(renewed.address).toBe(first.address);
    expect(events.filter(({ code }) => code === 'DHCP_NAK')).toEqual([]);
  });

  it('renews on command', async () => {
    await server.start(POOL);
    const first = await leased();
    expect(pump.do((_, now) => node.doDhcp('renew', 'eth0', now))).toMatchObject({
      accepted: true,
      state: 'renewing',
    });
    await eventually(() => client().state === 'bound', `a renewal\n${server.log}`);
    expect(client().lease!.expiresAt).toBeGreaterThan(first.expiresAt!);
  });

  it('the network has changed: the known address is refused, and a new one is taken', async () => {
    await server.start(POOL);
    const { address } = await leased();
    await moveNetwork();
    flap();
    await refused(address);
    const lease = await leased();
    expect(lease.address).toMatch(/^10\.78\.1\.1\d$/);
    await pump.settled();
    const addresses = await mn.run('ip', '-4', '-o', 'addr', 'show', 'dev', 'eth0');
    expect(addresses).toContain(`${lease.address}/22`);
    expect(addresses).not.toContain(address);
  });

  // ISC dhcpd says nothing to the renewal of a lease that it does not know.
  if (name === 'dnsmasq') {
    it('the pool has changed: a server overrules the gateway that answered', async () => {
      await server.start(POOL);
      const { address } = await leased();
      await eventually(() => client().gatewayMac, 'the gateway is known');
      await server.start(OTHER_POOL);
      flap();
      await refused(address);
      expect((await leased()).address).toMatch(/^10\.77\.2\.1\d$/);
    });

    it('a renewal that is refused ends the lease', async () => {
      await server.start(POOL);
      const { address } = await leased();
      await server.start(OTHER_POOL);
      pump.do((_, now) => node.doDhcp('renew', 'eth0', now));
      await refused(address);
      expect((await leased()).address).toMatch(/^10\.77\.2\.1\d$/);
    });
  }

  it('releases: the server has the address back', async () => {
    await server.start(POOL);
    const { address } = await leased();
    pump.do((_, now) => node.doDhcp('release', 'eth0', now));
    await eventually(() => !server.leases(address), `the release\n${server.log}`);
    await pump.settled();
    expect(await mn.run('ip', '-4', '-o', 'addr', 'show', 'dev', 'eth0')).not.toContain(address);
    pump.do((_, now) => node.doDhcp('request', 'eth0', now));
    expect((await leased()).address).toBe(address); // it remembers us
  });

  it('back on the link while the server is away, the gateway is enough', async () => {
    await server.start(POOL);
    const { address } = await leased();
    await eventually(() => client().gatewayMac, 'the gateway is known');
    await server.stop();
    flap();
    await eventually(
      () => events.some((e) => e.fields['reason'] === 'gateway answered'),
      'the gateway answers',
      20_000,
    );
    expect(client()).toMatchObject({ vouchedBy: 'gateway', lease: { address } });
    await pump.settled();
    expect(await mn.run('ping', '-c1', '-W5', '-I', address, '10.77.0.1')).toContain(' 0% ');
  });

  it('an address that another host has is declined', async () => {
    const squatter = namespace('sq');
    cable(squatter, 'eth0', hub, 'sq');
    hub.setUp('ip link set sq master br0');
    squatter.setUp(`ip addr add 10.77.1.10/22 dev eth0
      ip addr add 10.77.1.11/22 dev eth0`);
    await server.start({ ...POOL, to: '10.77.1.11' });
    const declined = await eventually(
      () => events.find(({ code }) => code === 'ADDRESS_DUPLICATE'),
      'the conflict is noticed',
      20_000,
    );
    expect(declined.fields['by']).toBe(mac(squatter.mac('eth0')));
    await eventually(() => server.log.includes('DHCPDECLINE'), `the server knows\n${server.log}`);
    expect(client()).toMatchObject({ state: 'init', lease: null });
  });

  async function start(): Promise<void> {
    events = [];
    world = await LinuxWorld.open({
      name: mn.name,
      netns: mn.path,
      links: ['eth0'],
      ownership: new Map([['eth0', 'own']]),
      storeFile: null,
      stateFile: `/tmp/${mn.name}.state.json`,
      onEvent: (event) => void events.push(event),
    });
    const links = [{ name: 'eth0', preference: 1, dhcp: true }];
    node = new MobileNode(mobileNodeOptions({ dsmip: true, links }), seeded(process.pid));
    pump = new Pump(node, world);
    pump.start();
  }

  /** The router and the pool have other addresses now. */
  async function moveNetwork(): Promise<void> {
    await server.stop();
    far.setUp(`ip addr flush dev eth0
      ip addr add 10.78.0.1/22 dev eth0`);
    await server.start(POOL_ELSEWHERE);
  }

  function refused(address: string): Promise<MipEvent> {
    return eventually(
      () => events.find(({ code, fields }) => code === 'DHCP_NAK' && fields['address'] === address),
      `a refusal\n${server.log}`,
      20_000,
    );
  }

  function client(): DhcpView {
    return node.dhcp(world.clock.now()).clients[0]!;
  }

  function leased(): Promise<LeaseView> {
    return eventually(() => client().lease, `a lease\n${server.log}`, 20_000);
  }

  /** The cable is pulled out and put back. */
  function flap(): void {
    events = [];
    hub.setUp('ip link set mn down');
    hub.setUp('ip link set mn up');
  }
});
