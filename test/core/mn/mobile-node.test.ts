import { describe, expect, it } from 'vitest';
import {
  ALL_NODES,
  ipv4,
  ipv6,
  linkLocalAddress,
  mac,
  solicitedNode,
} from '../../../src/base/address.js';
import { MobileNode } from '../../../src/core/mn/mobile-node.js';
import type { MobileNodeOptions } from '../../../src/core/mn/options.js';
import type { HandoverTarget } from '../../../src/core/role.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import { at } from '../../helpers/drive.js';
import {
  HOA,
  HOA4,
  HOME_AGENT,
  HOME_AGENT4,
  HOME_AGENT_MAC,
  MN_MAC,
  ROUTER_MAC,
  ScriptedNetwork,
  homeNetwork,
  mobileNodeOptions,
  network,
  seeded,
  type Network,
} from './scripted-network.js';

describe('the first registration', () => {
  it('from carrier to tunnel: solicit, configure, choose, declare, register, declare', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', networkA());
    expect(net.run(1).take()).toEqual([
      '0 STARTED',
      '0 datapath home on @tunnel',
      '0 LINK_UP eth0',
      '0 RS eth0 from fe80::ff:fe00:10',
      '0 ROUTER_SOLICITED eth0',
      '0.02 ROUTER_FOUND eth0 fe80::ff:fe00:a',
      `0.02 NS eth0 from :: for ${COA_A}`,
      `0.02 ADDRESS_READY eth0 ${COA_A}`,
      `0.02 CARE_OF_CHOSEN eth0 ${COA_A} the only one`,
      `0.02 datapath home on @tunnel, care-of ${COA_A}`,
      `0.02 BU native ${COA_A} hao ${HOA} → ${HOME_AGENT} seq 1 AH 86400 s alt ${COA_A}`,
      `0.02 BU_SENT eth0 ${COA_A} 1 1`,
      '0.03 BA_RECEIVED 1 0',
      `0.03 BINDING_ACCEPTED eth0 ${COA_A}`,
      `0.03 datapath home on @tunnel, tunnel ${COA_A} → ${HOME_AGENT}, care-of ${COA_A}`,
    ]);
    expect(net.node.view(net.now).homes).toEqual([
      { homeAddress: HOA, homeAddress4: null, where: 'away' },
    ]);
  });

  it('with strict DAD a second later, RFC 4862 §5.4', () => {
    const net = new ScriptedNetwork({ optimisticDad: false });
    net.plug('eth0', networkA());
    expect(net.run(5).take('ADDRESS_READY', 'BU_SENT')).toEqual([
      `1.02 ADDRESS_READY eth0 ${COA_A}`,
      `1.02 BU_SENT eth0 ${COA_A} 1 1`,
    ]);
  });

  it('leaves by the link of its care-of address', () => {
    const net = away();
    expect(net.packets.map((p) => [p.link, p.udp])).toEqual([['eth0', undefined]]);
  });

  it('sets L when the home address has the interface identifier of the link-local one', () => {
    const homeAddress = ipv6('2001:db8:1::ff:fe00:10');
    const homes = [{ ...mobileNodeOptions().homes[0]!, homeAddress }];
    const net = new ScriptedNetwork({ homes });
    net.plug('eth0', networkA());
    expect(net.run(1).take('BU')[0]).toContain(' AHL ');
  });

  it('goes on from the sequence number that was kept, and keeps each one used', () => {
    const net = new ScriptedNetwork({}, { [`seq ${HOA}`]: '41' });
    net.plug('eth0', networkA());
    expect(net.run(1).take('BU_SENT')).toEqual([`0.02 BU_SENT eth0 ${COA_A} 42 1`]);
    expect(net.store.get(`seq ${HOA}`)).toBe('42');
    expect(net.store.get(`bound ${HOA}`)).toBe('1');
  });

  it('starts from any number when none was kept, RFC 6275 §11.7.1', () => {
    const sequences = [1, 2, 3].map((seed) => {
      const node = new MobileNode(mobileNodeOptions(), seeded(seed));
      node.start([], new Map(), at(0));
      return node.view(at(0)).bul[0]!.sequence;
    });
    expect(new Set(sequences).size).toBe(3);
  });

  it('reports the first packet through the tunnel', () => {
    const net = away();
    net.input({ kind: 'firstPacket', tunnel: HOA, direction: 'in' });
    expect(net.take()).toEqual(['1 FIRST_PACKET in']);
  });

  it('is retransmitted at 1.5, 3, 6 s and on, RFC 6275 §11.8', () => {
    const net = new ScriptedNetwork();
    net.homeAgent = () => undefined;
    net.plug('eth0', networkA());
    const sent = net.run(60).take('BU_SENT');
    expect(sent.map((line) => Number(line.split(' ')[0]))).toEqual([
      0.02, 1.52, 4.52, 10.52, 22.52, 46.52,
    ]);
  });
});

describe('home, away, away, home', () => {
  it('on one interface', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', homeNetwork());
    expect(net.run(5).take('AT_HOME', 'datapath', 'BU')).toEqual([
      '0 datapath home on @tunnel',
      '0.02 datapath home on eth0',
      '0.02 AT_HOME eth0',
    ]);
    net.unplug('eth0');
    net.plug('eth0', networkA());
    expect(net.run(10).take('LINK_DOWN', 'datapath', 'BU', 'BINDING_ACCEPTED')).toEqual([
      '5 LINK_DOWN eth0',
      '5 datapath home on @tunnel',
      `5.02 datapath home on @tunnel, care-of ${COA_A}`,
      // Not beyond the home prefix, which was heard of 5 s ago: RFC 6275 §11.4.2.
      `5.02 BU native ${COA_A} hao ${HOA} → ${HOME_AGENT} seq 1 AH 86392 s alt ${COA_A}`,
      `5.03 BINDING_ACCEPTED eth0 ${COA_A}`,
      `5.03 datapath home on @tunnel, tunnel ${COA_A} → ${HOME_AGENT}, care-of ${COA_A}`,
    ]);
    net.unplug('eth0');
    net.plug('eth0', networkB());
    expect(net.run(15).take('CARE_OF_LOST', 'datapath', 'BU', 'BINDING_ACCEPTED')).toEqual([
      '10 CARE_OF_LOST no address on any link',
      '10 datapath home on @tunnel',
      `10.02 datapath home on @tunnel, care-of ${COA_B}`,
      `10.02 BU native ${COA_B} hao ${HOA} → ${HOME_AGENT} seq 2 AH 86388 s alt ${COA_B}`,
      `10.03 BINDING_ACCEPTED eth0 ${COA_B}`,
      `10.03 datapath home on @tunnel, tunnel ${COA_B} → ${HOME_AGENT}, care-of ${COA_B}`,
    ]);
    net.unplug('eth0');
    net.plug('eth0', homeNetwork());
    expect(net.run(20).take().slice(6)).toEqual([
      '15 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:b',
      '15 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
      '15 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:101', // is this the home link again? RFC 6059
      '15.001 ROUTER_FOUND eth0 fe80::ff:fe00:101',
      '15.001 RETURNING_HOME eth0',
      `15.001 BU frame ${HOME_AGENT_MAC} ${HOA} → ${HOME_AGENT} seq 3 AH 0 s`,
      `15.001 BU_SENT eth0 ${HOA} 3 1`,
      '15.011 BA_RECEIVED 3 0',
      '15.011 BINDING_REMOVED at home',
      '15.011 datapath home on eth0',
      '15.011 AT_HOME eth0',
      `15.011 NA eth0 to ff02::1 for ${HOA} O`,
      `16.011 NA eth0 to ff02::1 for ${HOA} O`,
      `17.011 NA eth0 to ff02::1 for ${HOA} O`,
    ]);
    expect(net.store.has(`bound ${HOA}`)).toBe(false);
    expect(net.node.view(net.now).homes[0]!.where).toBe('home');
  });

  it('on two: the old tunnel serves until the new one is accepted', () => {
    const net = away();
    net.plug('eth1', networkB());
    net.run(2);
    net.take();
    net.do((node, now) => node.handover({ kind: 'link', link: 'eth1' }, now));
    expect(net.run(3).take('datapath', 'BA_RECEIVED')).toEqual([
      `2 datapath home on @tunnel, tunnel ${COA_A} → ${HOME_AGENT}, care-of ${COA_B1} ${COA_A}`,
      '2.01 BA_RECEIVED 2 0',
      `2.01 datapath home on @tunnel, tunnel ${COA_B1} → ${HOME_AGENT}, care-of ${COA_B1} ${COA_A}`,
    ]);
  });

  it('losing the link in use moves to the other one at once', () => {
    const net = away();
    net.plug('eth1', networkB());
    net.run(2);
    net.take();
    net.unplug('eth0');
    expect(net.run(3).take('CARE_OF_CHOSEN', 'BU_SENT', 'datapath')).toEqual([
      `2 CARE_OF_CHOSEN eth1 ${COA_B1} the only one`,
      `2 datapath home on @tunnel, care-of ${COA_B1}`,
      `2 BU_SENT eth1 ${COA_B1} 2 1`,
      `2.01 datapath home on @tunnel, tunnel ${COA_B1} → ${HOME_AGENT}, care-of ${COA_B1}`,
    ]);
  });

  it('home on one of two links wins', () => {
    const net = away();
    net.plug('eth1', homeNetwork());
    expect(net.run(3).take('RETURNING_HOME', 'AT_HOME')).toEqual([
      '1.02 RETURNING_HOME eth1',
      '1.03 AT_HOME eth1',
    ]);
    expect(net.where(HOA)).toBe('eth1');
  });

  it('the configured home link is the only one that is home', () => {
    const homes = [{ ...mobileNodeOptions().homes[0]!, homeLink: 'eth1' }];
    const net = new ScriptedNetwork({ homes });
    net.plug('eth0', homeNetwork());
    expect(net.run(3).take('AT_HOME')).toEqual([]);
    net.plug('eth1', homeNetwork());
    expect(net.run(6).take('AT_HOME')).toEqual(['3.02 AT_HOME eth1']);
  });
});

describe('returning home, RFC 6275 §11.5.5', () => {
  it('when the home agent is silent: data after a second, and the asking goes on', () => {
    const net = away();
    net.homeAgent = () => undefined;
    net.unplug('eth0');
    net.plug('eth0', homeNetwork());
    expect(net.run(20).take('BU', 'datapath', 'AT_HOME')).toEqual([
      '1 datapath home on @tunnel',
      `1.02 BU frame ${HOME_AGENT_MAC} ${HOA} → ${HOME_AGENT} seq 2 AH 0 s`,
      `2.02 BU frame ${HOME_AGENT_MAC} ${HOA} → ${HOME_AGENT} seq 3 AH 0 s`,
      '2.02 datapath home on eth0',
      `4.02 BU frame ${HOME_AGENT_MAC} ${HOA} → ${HOME_AGENT} seq 4 AH 0 s`,
      `8.02 BU frame ${HOME_AGENT_MAC} ${HOA} → ${HOME_AGENT} seq 5 AH 0 s`,
      `16.02 BU frame ${HOME_AGENT_MAC} ${HOA} → ${HOME_AGENT} seq 6 AH 0 s`,
    ]);
    net.homeAgent = () => ({});
    expect(net.run(60).take('BINDING_REMOVED', 'AT_HOME', 'NA')).toEqual([
      '32.03 BINDING_REMOVED at home',
      '32.03 AT_HOME eth0',
      `32.03 NA eth0 to ff02::1 for ${HOA} O`,
      `33.03 NA eth0 to ff02::1 for ${HOA} O`,
      `34.03 NA eth0 to ff02::1 for ${HOA} O`,
    ]);
  });

  it('a binding that an earlier run left is taken back', () => {
    const net = new ScriptedNetwork({}, { [`bound ${HOA}`]: '1' });
    net.plug('eth0', homeNetwork());
    expect(net.run(3).take('BU', 'AT_HOME')).toEqual([
      `0.02 BU frame ${HOME_AGENT_MAC} ${HOA} → ${HOME_AGENT} seq 1 AH 0 s`,
      '0.03 AT_HOME eth0',
    ]);
    expect(net.store.has(`bound ${HOA}`)).toBe(false);
  });

  it('no DAD for the home address while the home agent defends it', () => {
    const net = away();
    net.unplug('eth0');
    net.plug('eth0', homeNetwork());
    expect(
      net
        .run(5)
        .take('NS')
        .filter((line) => line.includes(' :: ')),
    ).toEqual([]);
  });

  it('solicitations of the home agent are answered before the acknowledgement, others not', () => {
    const net = away();
    net.homeAgentDelay = 500;
    net.unplug('eth0');
    net.plug('eth0', homeNetwork());
    net.run(1.1);
    net.take();
    const ask = (from: ReturnType<typeof mac>, source: ReturnType<typeof ipv6>) =>
      net.nd('eth0', from, source, solicitedNode(HOA), {
        kind: 'neighborSolicitation',
        target: HOA,
        options: [{ kind: 'sourceLinkLayer', address: from }],
      });
    ask(mac('02:00:00:00:00:99'), ipv6('2001:db8:1::99'));
    expect(net.take()).toEqual([]);
    ask(HOME_AGENT_MAC, HOME_AGENT);
    expect(net.take()).toEqual([`1.1 NA eth0 to ${HOME_AGENT} for ${HOA} SO`]);
  });

  it('the IPv4 router that DHCP named at home is kept for the next return', () => {
    const net = dual();
    const dhcp = {
      address: ipv4('198.51.100.150'),
      router: ipv4('198.51.100.1'),
      lease: 600,
      delay: 5,
    };
    const route = () =>
      net.datapath.items.find((i) => i.kind === 'route' && i.preferredSource === HOA4);
    net.plug('eth0', homeNetwork());
    net.run(1);
    expect(route()).toBeUndefined();
    net.unplug('eth0');
    net.plug('eth0', homeNetwork({ dhcp }));
    net.run(2);
    expect(route()).toMatchObject({ table: 'main', via: '198.51.100.1', link: 'eth0' });
    expect(net.store.get(`router4 ${HOA}`)).toBe('198.51.100.1');
    net.unplug('eth0');
    net.plug('eth0', homeNetwork());
    net.run(3);
    expect(route()).toMatchObject({ via: '198.51.100.1' });
  });

  it('leaving again before the acknowledgement registers anew', () => {
    const net = away();
    net.homeAgent = () => undefined;
    net.unplug('eth0');
    net.plug('eth0', homeNetwork());
    net.run(1.5);
    net.unplug('eth0');
    net.plug('eth0', networkB());
    net.homeAgent = () => ({});
    net.take();
    expect(net.run(3).take('BU', 'BINDING_ACCEPTED')).toEqual([
      `1.52 BU native ${COA_B} hao ${HOA} → ${HOME_AGENT} seq 3 AH 86400 s alt ${COA_B}`,
      `1.53 BINDING_ACCEPTED eth0 ${COA_B}`,
    ]);
  });

  it('from an IPv4 network: the acknowledgement comes natively', () => {
    const net = dual();
    net.plug('eth0', networkV4());
    net.run(2);
    net.unplug('eth0');
    net.plug('eth0', homeNetwork());
    net.take();
    expect(net.run(5).take('BU', 'AT_HOME', 'ARP', 'datapath')).toEqual([
      `2.02 BU frame ${HOME_AGENT_MAC} ${HOA} → ${HOME_AGENT} seq 2 AH 0 s`,
      '2.03 datapath home on eth0',
      '2.03 AT_HOME eth0',
      `2.03 ARP eth0 to all: request ${HOA4} from ${HOA4}`,
      `3.03 ARP eth0 to all: request ${HOA4} from ${HOA4}`,
      `4.03 ARP eth0 to all: request ${HOA4} from ${HOA4}`,
    ]);
    expect(net.where(HOA4)).toBe('eth0');
  });
});

describe('IPv4 only, RFC 5555', () => {
  it('with a NAT: UDP for signalling and data, and keep-alives', () => {
    const net = dual();
    net.plug('eth0', networkV4({ nat: ipv4('203.0.113.7') }));
    expect(net.run(1).take('DHCP_BOUND', 'CARE_OF_CHOSEN', 'BU', 'NAT_FOUND', 'datapath')).toEqual([
      '0 datapath home on @tunnel',
      '0.01 DHCP_BOUND eth0 10.0.0.5',
      '0.01 datapath home on @tunnel, care-of 10.0.0.5',
      '0.1 CARE_OF_CHOSEN eth0 10.0.0.5 the only one, and no IPv6',
      `0.1 BU udp ${HOA} → ${HOME_AGENT} seq 1 AH 86396 s coa4 10.0.0.5 hoa4 ${HOA4}/32`,
      '0.11 NAT_FOUND 110',
      `0.11 datapath home on @tunnel, tunnel 10.0.0.5 → ${HOME_AGENT4} udp, care-of 10.0.0.5`,
    ]);
    expect(net.packets[0]).toMatchObject({
      link: 'eth0',
      udp: {
        source: '10.0.0.5',
        sourcePort: 4191,
        destination: HOME_AGENT4,
        destinationPort: 4191,
      },
    });
    expect(net.tunnel).toMatchObject({
      udp: { localPort: 4191, remotePort: 4191 },
      send: [{ source: { address: HOA } }, { source: { address: HOA4 } }],
    });
    expect(net.run(400).take('NAT_KEEPALIVE', 'BU_SENT')).toEqual([
      '110.1 NAT_KEEPALIVE',
      '110.1 BU_SENT eth0 10.0.0.5 2 1',
      '220.1 NAT_KEEPALIVE',
      '220.1 BU_SENT eth0 10.0.0.5 3 1',
      '330.1 NAT_KEEPALIVE',
      '330.1 BU_SENT eth0 10.0.0.5 4 1',
    ]);
  });

  it('without: UDP for signalling only, and none', () => {
    const net = dual();
    net.plug('eth0', networkV4());
    expect(net.run(1000).take('BU_SENT', 'NAT_NONE', 'NAT_KEEPALIVE')).toEqual([
      '0.1 BU_SENT eth0 10.0.0.5 1 1',
      '0.11 NAT_NONE',
    ]);
    expect(net.tunnel).toMatchObject({ local: '10.0.0.5', remote: HOME_AGENT4 });
    expect(net.tunnel?.udp).toBeUndefined();
  });

  it('an acknowledgement from elsewhere than the home agent’s IPv4 address is dropped', () => {
    const net = dual();
    net.homeAgent = () => undefined;
    net.plug('eth0', networkV4());
    net.run(0.2);
    const message = {
      kind: 'bindingAck',
      status: 0,
      flags: 0,
      sequence: 1,
      lifetime: 600,
      options: [],
    } as const;
    const octets = encodeMobilityPacket({ source: HOME_AGENT, destination: HOA, message });
    for (const source of ['192.0.2.66', HOME_AGENT4]) {
      expect(net.node.view(net.now).bul[0]!.state).toBe('pending');
      const arrival = {
        kind: 'udp',
        source: ipv4(source),
        sourcePort: 4191,
        destination: ipv4('10.0.0.5'),
        destinationPort: 4191,
      } as const;
      net.input({ kind: 'packet', packet: { link: 'eth0', octets, arrival, protected: false } });
    }
    expect(net.node.view(net.now).bul[0]!.state).toBe('bound');
    expect(net.node.view(net.now).counters).toEqual({ 'ba-path': 1 });
  });

  it('from one network to the next: the old lease is refused, and a new one is bound', () => {
    const net = dual();
    net.plug('eth0', networkV4());
    net.run(2);
    net.unplug('eth0');
    net.plug('eth0', networkV4({ address: '10.9.0.5', router: '10.9.0.1' }));
    net.take();
    expect(net.run(3).take('DHCP_NAK', 'DHCP_BOUND', 'BU_SENT', 'BINDING_ACCEPTED')).toEqual([
      '2.005 DHCP_NAK eth0 10.0.0.5',
      '2.01 DHCP_BOUND eth0 10.9.0.5',
      '2.1 BU_SENT eth0 10.9.0.5 2 1',
      '2.11 BINDING_ACCEPTED eth0 10.9.0.5',
    ]);
  });

  it('RFC 4436: back in a known network, registered as soon as its gateway answers; its server sleeps', () => {
    const net = dual();
    net.plug('eth0', networkV4());
    net.run(2);
    net.plug('eth0', networkV4({ address: '10.9.0.5', router: '10.9.0.1' }));
    net.run(4);
    const asleep = {
      address: ipv4('10.0.0.5'),
      router: ipv4('10.0.0.1'),
      lease: 60,
      delay: 60_000,
    };
    net.take();
    net.plug('eth0', network({ dhcp: asleep }));
    net.later(1, () => net.arp('eth0', ROUTER_MAC, ipv4('10.0.0.1'), ipv4('10.0.0.5')));
    expect(net.run(5).take('ARP', 'DHCP_BOUND', 'BU_SENT', 'BINDING_ACCEPTED')).toEqual([
      '4 ARP eth0 to 02:00:00:00:00:01: request 10.9.0.1 from 10.9.0.5',
      '4 ARP eth0 to 02:00:00:00:00:01: request 10.0.0.1 from 10.0.0.5',
      '4.001 DHCP_BOUND eth0 10.0.0.5 gateway answered',
      '4.1 BU_SENT eth0 10.0.0.5 3 1', // the head start of IPv6
      '4.11 BINDING_ACCEPTED eth0 10.0.0.5',
    ]);
  });

  it('also after a restart of the daemon, on any interface with the same address', () => {
    const first = dual({ clock: 'one boot' });
    first.plug('eth0', networkV4());
    first.run(2);
    const again = dual(Object.fromEntries(first.store));
    again.now = first.now;
    again.plug('eth0', network());
    again.later(1, () => again.arp('eth0', ROUTER_MAC, ipv4('10.0.0.1'), ipv4('10.0.0.5')));
    expect(again.run(3).take('DHCP_BOUND')).toEqual([
      '2.001 DHCP_BOUND eth0 10.0.0.5 gateway answered',
    ]);
    const rebooted = dual({ ...Object.fromEntries(first.store), clock: 'another boot' });
    rebooted.plug('eth0', network());
    rebooted.later(1, () => rebooted.arp('eth0', ROUTER_MAC, ipv4('10.0.0.1'), ipv4('10.0.0.5')));
    expect(rebooted.run(3).take('DHCP_BOUND')).toEqual([]);
    expect(rebooted.node.dhcp(rebooted.now).networks).toMatchObject([
      { gateway: '10.0.0.1', gatewayMac: ROUTER_MAC, client: MN_MAC, timed: false },
    ]);
  });

  it('RFC 5227: the answer of an interface beside it is no conflict', () => {
    const net = dual();
    net.plug('eth0', networkV4());
    net.plug('eth1', networkV4({ address: '10.0.0.6' }));
    net.run(1);
    net.take();
    net.arp('eth0', mac('02:00:00:00:00:11'), ipv4('10.0.0.5'), ipv4('10.0.0.5')); // eth1's, weak host
    expect(net.run(1.1).take('ADDRESS_DUPLICATE')).toEqual([]);
    net.arp('eth0', mac('02:00:00:00:00:99'), ipv4('10.0.0.5'), ipv4('10.0.0.5'));
    expect(net.run(1.2).take('ADDRESS_DUPLICATE', 'CARE_OF_CHOSEN', 'DHCP')).toEqual([
      '1.1 ADDRESS_DUPLICATE eth0 10.0.0.5',
      '1.1 DHCP eth0 decline 10.0.0.5',
      '1.1 CARE_OF_CHOSEN eth1 10.0.0.6 the only one, and no IPv6',
    ]);
  });

  it('leases on command: released, requested, renewed', () => {
    const net = dual();
    net.plug('eth0', networkV4());
    net.run(2);
    net.take();
    const command = (action: 'renew' | 'release' | 'request', link: string | null) =>
      net.do((node, now) => node.doDhcp(action, link, now));
    expect(command('release', null)).toMatchObject({
      accepted: false,
      reason: 'several links have a DHCP client: eth0, eth1',
    });
    expect(command('release', 'wlan0')).toEqual({
      accepted: false,
      reason: 'wlan0 has no DHCP client; these have one: eth0, eth1',
      link: 'wlan0',
      state: null,
    });
    expect(command('request', 'eth1')).toMatchObject({ accepted: false, state: 'down' });
    expect(command('release', 'eth0')).toMatchObject({ accepted: true, state: 'released' });
    expect(net.run(9).take('DHCP', 'LEASE_RELEASED', 'CARE_OF_LOST')).toEqual([
      '2 DHCP eth0 release to 02:00:00:00:00:01',
      '2 LEASE_RELEASED eth0 10.0.0.5',
      '2 CARE_OF_LOST no address on any link',
    ]);
    expect(command('request', 'eth0')).toMatchObject({ accepted: true, state: 'selecting' });
    expect(net.run(10).take('DHCP_BOUND')).toEqual(['9.01 DHCP_BOUND eth0 10.0.0.5']);
    expect(command('renew', 'eth0')).toMatchObject({ accepted: true, state: 'renewing' });
    expect(net.run(11).take('DHCP_BOUND')).toEqual(['10.005 DHCP_BOUND eth0 10.0.0.5']);
    expect(net.node.dhcp(net.now).clients).toMatchObject([
      { link: 'eth0', state: 'bound', vouchedBy: 'server', gatewayMac: ROUTER_MAC },
      { link: 'eth1', state: 'down', lease: null },
    ]);
  });

  it('a refused IPv4 home address is withdrawn, the IPv6 one stays', () => {
    const net = dual();
    net.homeAgent = () => ({
      options: [{ kind: 'ipv4AddressAck', status: 129, prefixLength: 0, address: HOA4 }],
    });
    net.plug('eth0', networkA());
    expect(net.run(1).take('IPV4_HOME_REFUSED')).toEqual([`0.03 IPV4_HOME_REFUSED ${HOA4} 129`]);
    expect(net.where(HOA4)).toBeUndefined();
    expect(net.tunnel?.send).toMatchObject([{ source: { address: HOA } }]);
  });

  it('no IPv4 is used without DSMIPv6', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', networkV4());
    expect(net.run(9).take('DHCP', 'BU')).toEqual([]);
    expect(net.node.view(net.now).links[0]!.dhcp).toBeNull();
  });
});

describe('both families, RFC 5555 §4.4.1', () => {
  it('IPv6 is taken although IPv4 is there first, within the head start', () => {
    const net = dual();
    net.plug('eth0', { ...networkV4(), ...networkA(), dhcp: networkV4().dhcp });
    expect(net.run(2).take('CARE_OF_CHOSEN')).toEqual([
      `0.02 CARE_OF_CHOSEN eth0 ${COA_A} IPv6 comes first`,
    ]);
  });

  it('IPv4 when IPv6 comes after the head start, then IPv6, with a tunnel all the while', () => {
    const net = dual();
    net.plug('eth0', { ...networkA(), raDelay: 400, dhcp: networkV4().dhcp });
    expect(net.run(2).take('CARE_OF_CHOSEN', 'datapath').slice(2)).toEqual([
      '0.1 CARE_OF_CHOSEN eth0 10.0.0.5 the only one, and no IPv6',
      `0.11 datapath home on @tunnel, tunnel 10.0.0.5 → ${HOME_AGENT4}, care-of 10.0.0.5`,
      `0.4 CARE_OF_CHOSEN eth0 ${COA_A} IPv6 comes first`,
      `0.4 datapath home on @tunnel, tunnel 10.0.0.5 → ${HOME_AGENT4}, care-of ${COA_A} 10.0.0.5`,
      `0.41 datapath home on @tunnel, tunnel ${COA_A} → ${HOME_AGENT}, care-of ${COA_A} 10.0.0.5`,
    ]);
  });

  it('after three unanswered updates over IPv6, IPv4; without memory IPv6 is tried again after 300 s', () => {
    const net = dual({}, { familyMemory: 0 });
    net.plug('eth0', { ...networkA(), ipv6Lost: true, dhcp: networkV4().dhcp });
    expect(net.run(330).take('BU_SENT', 'BINDING_ACCEPTED', 'CARE_OF_CHOSEN')).toEqual([
      `0.02 CARE_OF_CHOSEN eth0 ${COA_A} IPv6 comes first`,
      `0.02 BU_SENT eth0 ${COA_A} 1 1`,
      `1.52 BU_SENT eth0 ${COA_A} 2 2`,
      `4.52 BU_SENT eth0 ${COA_A} 3 3`,
      '10.52 CARE_OF_CHOSEN eth0 10.0.0.5 three Binding Updates over IPv6 had no answer',
      '10.52 BU_SENT eth0 10.0.0.5 5 1',
      '10.53 BINDING_ACCEPTED eth0 10.0.0.5',
      `310.52 CARE_OF_CHOSEN eth0 ${COA_A} IPv6 comes first`,
      `310.52 BU_SENT eth0 ${COA_A} 6 1`,
      `311.52 BU_SENT eth0 ${COA_A} 7 2`,
      `313.52 BU_SENT eth0 ${COA_A} 8 3`,
      '317.52 CARE_OF_CHOSEN eth0 10.0.0.5 three Binding Updates over IPv6 had no answer',
      '317.52 BU_SENT eth0 10.0.0.5 10 1',
    ]);
  });

  it('where there is no IPv4, IPv6 goes on', () => {
    const net = dual();
    net.plug('eth0', networkA({ ipv6Lost: true }));
    const sent = net.run(30).take('BU_SENT');
    expect(sent.map((line) => Number(line.split(' ').at(-1)))).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('what the home agent says', () => {
  it('135: its sequence number is adopted at once', () => {
    const net = new ScriptedNetwork();
    net.homeAgent = ({ message }) => (message.sequence < 900 ? { status: 135, sequence: 900 } : {});
    net.plug('eth0', networkA());
    expect(net.run(1).take('BU_SENT', 'SEQUENCE_ADOPTED', 'BINDING_ACCEPTED')).toEqual([
      `0.02 BU_SENT eth0 ${COA_A} 1 1`,
      '0.03 SEQUENCE_ADOPTED 900',
      `0.03 BU_SENT eth0 ${COA_A} 901 2`,
      `0.04 BINDING_ACCEPTED eth0 ${COA_A}`,
    ]);
  });

  it('129: after a minute once more, and again when a person moves the node', () => {
    const net = new ScriptedNetwork();
    net.homeAgent = () => ({ status: 129 });
    net.plug('eth0', networkA());
    expect(net.run(100).take('BU_SENT', 'BINDING_REFUSED')).toEqual([
      `0.02 BU_SENT eth0 ${COA_A} 1 1`,
      '0.03 BINDING_REFUSED 129',
      `60.03 BU_SENT eth0 ${COA_A} 2 1`,
      '60.04 BINDING_REFUSED 129',
    ]);
    net.do((node, now) => node.handover({ kind: 'auto' }, now));
    expect(net.take('BU_SENT')).toEqual([`100 BU_SENT eth0 ${COA_A} 3 1`]);
  });

  it('a lifetime: the binding is refreshed before it is over', () => {
    const net = new ScriptedNetwork();
    net.homeAgent = () => ({ lifetime: 100 });
    net.plug('eth0', networkA());
    expect(net.run(200).take('BU_SENT', 'BINDING_EXPIRED')).toEqual([
      `0.02 BU_SENT eth0 ${COA_A} 1 1`,
      `80.02 BU_SENT eth0 ${COA_A} 2 1`,
      `160.02 BU_SENT eth0 ${COA_A} 3 1`,
    ]);
  });

  it('nothing any more: the binding expires, the tunnel goes, the asking goes on', () => {
    const net = new ScriptedNetwork();
    net.homeAgent = ({ message }) => (message.sequence === 1 ? { lifetime: 100 } : undefined);
    net.plug('eth0', networkA());
    net.run(99);
    net.take();
    expect(net.tunnel).toBeDefined();
    expect(net.run(120).take('BINDING_EXPIRED', 'datapath', 'BU_SENT')).toEqual([
      '100.02 BINDING_EXPIRED',
      `100.02 datapath home on @tunnel, care-of ${COA_A}`,
      `111.02 BU_SENT eth0 ${COA_A} 7 6`,
    ]);
  });

  it('a Binding Refresh Request: the registration is renewed, RFC 6275 §11.7.4', () => {
    const net = away();
    const message = { kind: 'bindingRefreshRequest', options: [] } as const;
    const request = (source: typeof HOME_AGENT) => ({
      kind: 'packet' as const,
      packet: {
        link: 'eth0',
        octets: encodeMobilityPacket({ source, destination: COA_A, routingHome: HOA, message }),
        arrival: { kind: 'native' as const },
        protected: false,
      },
    });
    net.input(request(ipv6('2001:db8:66::1')));
    expect(net.take('BU_SENT')).toEqual([]);
    net.input(request(HOME_AGENT));
    expect(net.take('BU_SENT')).toEqual([`1 BU_SENT eth0 ${COA_A} 2 1`]);
  });

  it('an acknowledgement without type 2 routing header is dropped, RFC 6275 §11.7.3', () => {
    const net = new ScriptedNetwork();
    net.homeAgent = () => undefined;
    net.plug('eth0', networkA());
    net.run(0.5);
    const message = {
      kind: 'bindingAck',
      status: 0,
      flags: 0,
      sequence: 1,
      lifetime: 600,
      options: [],
    } as const;
    const octets = encodeMobilityPacket({ source: HOME_AGENT, destination: HOA, message });
    const arrival = { kind: 'native' } as const;
    net.input({ kind: 'packet', packet: { link: 'eth0', octets, arrival, protected: false } });
    expect(net.node.view(net.now).bul[0]!.state).toBe('pending');
    expect(net.node.view(net.now).counters).toEqual({ 'ba-path': 1 });
  });
});

describe('addresses in conflict', () => {
  it('another interface identifier is tried, RFC 7217 §6', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', networkA({ taken: [COA_A] }));
    const lines = net.run(1).take('ADDRESS_READY', 'ADDRESS_DUPLICATE', 'BU_SENT');
    expect(lines.slice(0, 3)).toEqual([
      `0.02 ADDRESS_READY eth0 ${COA_A}`,
      `0.02 BU_SENT eth0 ${COA_A} 1 1`,
      `0.025 ADDRESS_DUPLICATE eth0 ${COA_A}`,
    ]);
    const second = lines[3]!.split(' ')[3]!;
    expect(second).toMatch(/^2001:db8:a:0?:/);
    expect(lines[4]).toBe(`0.025 BU_SENT eth0 ${second} 2 1`);
    expect(net.datapath.items.some((i) => i.kind === 'address' && i.address === COA_A)).toBe(false);
  });

  it('the home address taken at home is not used', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', homeNetwork({ taken: [HOA] }));
    expect(net.run(2).take('AT_HOME', 'ADDRESS_DUPLICATE')).toEqual([
      '0.02 AT_HOME eth0',
      `0.025 ADDRESS_DUPLICATE eth0 ${HOA}`,
    ]);
    expect(net.where(HOA)).toBe('@tunnel');
  });
});

describe('movement without loss of carrier', () => {
  it('carrierUps: the same network answers, and nothing changes', () => {
    const net = away();
    net.flap('eth0', networkA());
    expect(net.run(5).take('BU_SENT', 'datapath', 'CARE_OF_CHOSEN', 'ROUTER_LOST')).toEqual([]);
  });

  it('carrierUps: another network, and the old address goes when its router does not answer', () => {
    const net = away();
    net.flap('eth0', networkB());
    expect(net.run(5).take('BU_SENT', 'CARE_OF_CHOSEN', 'ROUTER_LOST', 'datapath')).toEqual([
      `1.02 CARE_OF_CHOSEN eth0 ${COA_B} its router answers`,
      `1.02 datapath home on @tunnel, tunnel ${COA_A} → ${HOME_AGENT}, care-of ${COA_B} ${COA_A}`,
      `1.02 BU_SENT eth0 ${COA_B} 2 1`,
      `1.03 datapath home on @tunnel, tunnel ${COA_B} → ${HOME_AGENT}, care-of ${COA_B} ${COA_A}`,
      '1.04 ROUTER_LOST eth0 fe80::ff:fe00:a it does not answer',
      `1.04 datapath home on @tunnel, tunnel ${COA_B} → ${HOME_AGENT}, care-of ${COA_B}`,
    ]);
  });

  it('carrierUps: away from home, the home router is not waited for once another answers', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', homeNetwork());
    net.run(1);
    net.take();
    net.flap('eth0', networkB());
    expect(net.run(5).take('ROUTER_LOST', 'BU_SENT')).toEqual([
      expect.stringMatching(/^1.04 ROUTER_LOST eth0 .* it does not answer$/),
      `1.04 BU_SENT eth0 ${COA_B} 1 1`,
    ]);
  });

  it('a router that falls silent: the next one is taken', () => {
    const net = new ScriptedNetwork();
    const one = networkA({ interval: 100, answersNs: false });
    net.plug('eth0', one);
    net.plug('eth1', networkB());
    net.run(0.3);
    one.raDelay = null;
    net.take();
    expect(net.run(5).take('ROUTER_LOST', 'BU_SENT')).toEqual([
      '1.22 ROUTER_LOST eth0 fe80::ff:fe00:a it does not answer',
      `1.22 BU_SENT eth1 ${COA_B1} 2 1`,
    ]);
  });

  it('an interface that goes away', () => {
    const net = away();
    net.input({ kind: 'linkGone', name: 'eth0' });
    expect(net.take('LINK_GONE', 'CARE_OF_LOST', 'datapath')).toEqual([
      '1 LINK_GONE eth0',
      '1 CARE_OF_LOST no address on any link',
      '1 datapath home on @tunnel',
    ]);
    expect(net.node.view(net.now).homes[0]!.where).toBe('nowhere');
  });
});

describe('sequence numbers for updates made by hand', () => {
  it('are taken from the home address that is named', () => {
    const net = away();
    net.run(2).take();
    const reserve = (homeAddress: string) =>
      net.do((node, now) => node.reserveSequences(homeAddress, 2, now));
    const { sequence } = net.node.view(net.now).bul[0]!;
    expect(reserve(HOA)).toEqual({ ok: true, first: sequence + 1 });
    expect(net.node.view(net.now).bul[0]!.sequence).toBe(sequence + 2);
    expect(reserve('2001:db8::1')).toEqual({ ok: false, reason: 'it is no home address' });
  });
});

describe('a forced handover', () => {
  it('to a link, and back to automatic choice', () => {
    const net = away();
    net.plug('eth1', networkB());
    net.run(2);
    net.take();
    const force = (target: Parameters<MobileNode['handover']>[0]) =>
      net.do((node, now) => node.handover(target, now));
    expect(force({ kind: 'link', link: 'eth1' })).toEqual({
      accepted: true,
      reason: 'forced to link eth1',
      careOf: COA_B1,
    });
    expect(net.run(3).take('FORCED', 'CARE_OF_CHOSEN', 'BU_SENT', 'BA_RECEIVED')).toEqual([
      '2 FORCED link eth1',
      `2 CARE_OF_CHOSEN eth1 ${COA_B1} forced to link eth1`,
      `2 BU_SENT eth1 ${COA_B1} 2 1`,
      '2.01 BA_RECEIVED 2 0',
    ]);
    expect(force({ kind: 'auto' })).toMatchObject({ accepted: true, careOf: COA_B1 });
    expect(net.run(4).take('BU_SENT')).toEqual([]); // what is in use still serves
  });

  it.each([
    { target: { kind: 'link', link: 'wlan9' }, reason: 'no care-of address on link wlan9' },
    { target: { kind: 'family', family: 4 }, reason: 'no care-of address on IPv4' },
    { target: { kind: 'home' }, reason: 'no router advertises the home prefix' },
  ] as const)('to $target.kind where there is none is refused', ({ target, reason }) => {
    const net = away();
    const verdict = net.do((node, now) => node.handover(target, now));
    expect(verdict).toEqual({ accepted: false, reason, careOf: null });
    expect(net.take()).toEqual([]);
  });

  it('away from home, and home again', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', homeNetwork());
    net.plug('eth1', networkB());
    net.run(5);
    net.take();
    net.do((node, now) => node.handover({ kind: 'link', link: 'eth1' }, now));
    expect(net.run(6).take('BU_SENT', 'BINDING_ACCEPTED')).toEqual([
      `5 BU_SENT eth1 ${COA_B1} 1 1`,
      `5.01 BINDING_ACCEPTED eth1 ${COA_B1}`,
    ]);
    const verdict = net.do((node, now) => node.handover({ kind: 'home' }, now));
    expect(verdict).toEqual({ accepted: true, reason: 'at home', careOf: HOA });
    expect(net.run(7).take('AT_HOME')).toEqual(['6.01 AT_HOME eth0']);
  });

  it('knows why the others were not chosen', () => {
    const net = away();
    net.plug('eth1', networkB());
    net.run(2);
    const choice = net.node.view(net.now).bul[0]!.choice!;
    expect(choice).toMatchObject({ careOf: COA_A, rule: 'current', reason: 'it still serves' });
    expect(choice.candidates.map((c) => [c.address, c.verdict, c.why])).toEqual([
      [COA_A, 'chosen', 'it still serves'],
      [COA_B1, 'rejected', 'the current one still serves'],
    ]);
  });

  it('the event of a choice names the others', () => {
    const net = away();
    net.plug('eth1', networkB());
    net.run(2);
    net.do((node, now) => node.handover({ kind: 'link', link: 'eth1' }, now));
    expect(
      net.events.filter(({ event }) => event.code === 'CARE_OF_CHOSEN').at(-1)!.event.fields,
    ).toMatchObject({ rule: 'forced', others: `${COA_A} on eth0: link eth1 is forced` });
  });
});

describe('a handover that is only planned', () => {
  const three = () => {
    const net = new ScriptedNetwork({
      links: [
        { name: 'eth0', preference: 2, dhcp: true },
        { name: 'eth1', preference: 1, dhcp: false },
        { name: 'eth2', preference: 9, dhcp: true },
      ],
      dsmip: true,
    });
    net.plug('eth0', networkA());
    net.plug('eth1', networkB());
    net.plug('eth2', networkV4());
    net.run(2);
    return net;
  };
  const plan = (net: ScriptedNetwork, target: HandoverTarget | null) =>
    net.do((node, now) => node.planHandover(target, now));

  it('shows every candidate with its verdict, and moves nothing', () => {
    const net = three();
    net.take();
    const { accepted, careOf, choices } = plan(net, null);
    expect({ accepted, careOf }).toEqual({ accepted: true, careOf: COA_B1 });
    expect(choices[0]!.candidates.map((c) => [c.link, c.verdict, c.rule, c.current])).toEqual([
      ['eth1', 'chosen', 'preference', true],
      ['eth0', 'rejected', 'preference', false],
      ['eth2', 'rejected', 'preference', false],
    ]);
    expect(net.take()).toEqual([]);
  });

  it.each([
    { target: { kind: 'link', link: 'eth2' }, careOf: '10.0.0.5', reason: 'forced to link eth2' },
    { target: { kind: 'family', family: 4 }, careOf: '10.0.0.5', reason: 'forced to IPv4' },
    { target: { kind: 'address', address: COA_A }, careOf: COA_A, reason: `forced to ${COA_A}` },
    { target: { kind: 'auto' }, careOf: COA_B1, reason: 'its link is preferred' },
  ] as const)('to $target.kind', ({ target, careOf, reason }) => {
    const net = three();
    const planned = plan(net, target);
    expect(planned).toMatchObject({ accepted: true, careOf, reason });
    expect(net.do((node, now) => node.handover(target, now))).toMatchObject({ careOf, reason });
  });

  it('to where it cannot go: the reason, and what is chosen all the same', () => {
    const net = three();
    expect(plan(net, { kind: 'link', link: 'wlan9' })).toMatchObject({
      accepted: false,
      reason: 'no care-of address on link wlan9',
      choices: [
        { careOf: COA_B1, reason: 'forced link wlan9 is not there; its link is preferred' },
      ],
    });
    expect(plan(net, { kind: 'home' })).toMatchObject({
      accepted: false,
      reason: 'no router advertises the home prefix',
    });
  });

  it('says of a link without a candidate why it has none', () => {
    const net = three();
    net.unplug('eth1');
    net.plug('eth2', network());
    net.run(4);
    expect(plan(net, null).choices[0]!.without).toEqual([
      { link: 'eth1', why: 'no carrier' },
      { link: 'eth2', why: 'no router has answered, and DHCP has no lease (selecting)' },
    ]);
  });

  it('where home is in reach, home it is', () => {
    const net = three();
    net.plug('eth2', homeNetwork());
    net.run(4);
    expect(plan(net, { kind: 'auto' })).toMatchObject({
      accepted: true,
      careOf: HOA,
      reason: 'at home on eth2',
      choices: [{ rule: 'at-home', careOf: null, link: 'eth2' }],
    });
    expect(plan(net, { kind: 'link', link: 'eth0' })).toMatchObject({ careOf: COA_A });
  });

  it('says when the answer may be another one', () => {
    const net = three();
    net.unplug('eth1');
    net.unplug('eth2');
    net.plug('eth0', { ...networkB(), ipv6Lost: true, dhcp: networkV4().dhcp });
    net.run(20);
    const { next, rule } = plan(net, null).choices[0]!;
    expect({ why: next?.why, rule }).toEqual({ why: 'IPv6 is tried again', rule: 'unanswered' });
  });
});

describe('the end', () => {
  it('away: deregisters with the care-of address, then nothing is left', () => {
    const net = away();
    net.do((node, now) => node.stop(now));
    expect(net.node.stopped).toBe(false);
    expect(net.run(5).take()).toEqual([
      '1 STOPPING',
      `1 BU native ${COA_A} hao ${HOA} → ${HOME_AGENT} seq 2 AH 0 s alt ${COA_A}`,
      `1 BU_SENT eth0 ${COA_A} 2 1`,
      '1.01 BA_RECEIVED 2 0',
      '1.01 BINDING_REMOVED the mobile node stops',
      '1.01 datapath nothing',
    ]);
    expect(net.node.stopped).toBe(true);
    expect(net.node.pollTimeout()).toBeUndefined();
  });

  it('a silent home agent is asked twice in a second and a half', () => {
    const net = away();
    net.homeAgent = () => undefined;
    net.do((node, now) => node.stop(now));
    expect(net.run(60).take('BU_SENT', 'datapath')).toEqual([
      `1 BU_SENT eth0 ${COA_A} 2 1`,
      `1.75 BU_SENT eth0 ${COA_A} 3 2`,
      '2.5 datapath nothing',
    ]);
    expect(net.node.stopped).toBe(true);
  });

  it('over IPv4: the lease is given back last', () => {
    const net = dual();
    net.plug('eth0', networkV4());
    net.run(2);
    net.take();
    net.do((node, now) => node.stop(now));
    expect(net.run(5).take('BU', 'DHCP', 'datapath')).toEqual([
      `2 BU udp ${HOA} → ${HOME_AGENT} seq 2 AH 0 s coa4 10.0.0.5`,
      '2.01 DHCP eth0 release to 02:00:00:00:00:01',
      '2.01 datapath nothing',
    ]);
  });

  it('at home there is nothing to wait for', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', homeNetwork());
    net.run(5);
    net.take();
    net.do((node, now) => node.stop(now));
    expect(net.take()).toEqual(['5 STOPPING', '5 datapath nothing']);
    expect(net.node.stopped).toBe(true);
  });

  it('inputs afterwards do nothing', () => {
    const net = away();
    net.do((node, now) => node.stop(now));
    net.run(5);
    net.take();
    net.plug('eth0', networkB());
    expect(net.run(9).take()).toEqual([]);
  });
});

describe('two home addresses', () => {
  it('are registered each, three updates a second at most: RFC 6275 §11.8', () => {
    const one = mobileNodeOptions().homes[0]!;
    const homes = ['100', '200', '300', '400'].map((host) => ({
      ...one,
      homeAddress: ipv6(`2001:db8:1::${host}`),
    }));
    const net = new ScriptedNetwork({ homes });
    net.plug('eth0', networkA());
    const sent = net.run(5).take('BU_SENT');
    expect(sent.map((line) => Number(line.split(' ')[0]))).toEqual([0.02, 0.02, 0.02, 1.02]);
    expect(net.node.view(net.now).bul.map((b) => b.state)).toEqual(Array(4).fill('bound'));
  });

  it('of two networks: one can be at home where the other is away', () => {
    const one = mobileNodeOptions().homes[0]!;
    const other = {
      ...one,
      homeAddress: ipv6('2001:db8:a::100'),
      homePrefix: { address: ipv6('2001:db8:a::'), length: 64 },
      homeAgent: ipv6('2001:db8:a::1'),
    };
    const net = new ScriptedNetwork({ homes: [one, other] });
    net.homeAgent = () => undefined;
    net.plug('eth0', networkA());
    expect(net.run(1).take('AT_HOME', 'BU_SENT')).toEqual([
      `0.02 BU_SENT eth0 ${COA_A} 1 1`,
      '0.02 AT_HOME eth0',
    ]);
    expect(net.node.view(net.now).homes.map((h) => h.where)).toEqual(['nowhere', 'home']);
  });
});

describe('frames that are not for us', () => {
  it('from ourselves, or to another station, are ignored', () => {
    const net = new ScriptedNetwork();
    net.plug('eth0', network());
    const ra = (from: ReturnType<typeof mac>) =>
      net.nd('eth0', from, linkLocalAddress(from), ALL_NODES, {
        kind: 'neighborAdvertisement',
        router: true,
        solicited: false,
        override: true,
        target: COA_A,
        options: [],
      });
    net.plug('eth0', networkA());
    net.run(0.1);
    ra(MN_MAC);
    expect(net.take('ADDRESS_DUPLICATE')).toEqual([]);
    ra(mac('02:00:00:00:00:99'));
    expect(net.take('ADDRESS_DUPLICATE')).toEqual([`0.1 ADDRESS_DUPLICATE eth0 ${COA_A}`]);
  });
});

const MAC_A = mac('02:00:00:00:00:0a');
const MAC_B = mac('02:00:00:00:00:0b');
const COA_A = ipv6('2001:db8:a::ff:fe00:10');
const COA_B = ipv6('2001:db8:b::ff:fe00:10');
const COA_B1 = ipv6('2001:db8:b::ff:fe00:11');

const networkA = (part: Partial<Network> = {}): Network =>
  network({ prefixes: ['2001:db8:a::/64'], routerMac: MAC_A, ...part });
const networkB = (part: Partial<Network> = {}): Network =>
  network({ prefixes: ['2001:db8:b::/64'], routerMac: MAC_B, ...part });

function networkV4({
  address = '10.0.0.5',
  router = '10.0.0.1',
  ...part
}: Partial<Network> & { address?: string; router?: string } = {}): Network {
  const dhcp = { address: ipv4(address), router: ipv4(router), lease: 86400, delay: 5 };
  return network({ dhcp, ...part });
}

/** With DSMIPv6 and an IPv4 home address. */
function dual(
  kept: Readonly<Record<string, string>> = {},
  options: Partial<MobileNodeOptions> = {},
): ScriptedNetwork {
  const home = {
    ...mobileNodeOptions().homes[0]!,
    homeAddress4: { address: HOA4, prefixLength: 24 },
  };
  return new ScriptedNetwork({ dsmip: true, homes: [home], ...options }, kept);
}

/** Registered from network A at second 1. */
function away(): ScriptedNetwork {
  const net = new ScriptedNetwork();
  net.plug('eth0', networkA());
  net.run(1);
  net.take();
  return net;
}
