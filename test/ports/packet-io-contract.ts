/** What every PacketIo does, and how its world hands over what came. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BROADCAST_MAC, ipv4, ipv6, type Ipv6 } from '../../src/base/address.js';
import { sameOctets } from '../../src/base/bytes.js';
import {
  TUNNEL_LINK,
  type DatapathItem,
  type SignallingItem,
} from '../../src/core/datapath/model.js';
import { decodeArp, encodeArp } from '../../src/wire/arp.js';
import { encodeIpv4 } from '../../src/wire/ipv4.js';
import { encodeMobilityPacket } from '../../src/wire/mobility-packet.js';
import type { MobilityMessage } from '../../src/wire/mobility/message.js';
import { ETHERTYPE, PROTOCOL, UDP_PORT } from '../../src/wire/protocol.js';
import { encodeUdp } from '../../src/wire/udp.js';
import { listenTo, ofKind, type BenchEnd, type MakeWorldBench, type WorldBench } from './bench.js';

export function packetIoContract(adapter: string, make: MakeWorldBench): void {
  describe(`PacketIo of ${adapter}`, () => {
    let bench: WorldBench;
    beforeEach(async () => {
      bench = await make();
    });
    afterEach(async () => {
      await bench.close();
    });
    const mac = (end: BenchEnd) => end.world.links.list().find((l) => l.name === end.link)!.mac;

    it("a frame arrives with the link's own address as sender", async () => {
      const inputs = listenTo(bench.far.world);
      const payload = encodeArp({
        operation: 'request',
        senderMac: mac(bench.near),
        senderAddress: bench.near.ipv4,
        targetMac: mac(bench.near),
        targetAddress: ipv4('203.0.113.77'),
      });
      const frame = { link: bench.near.link, destination: BROADCAST_MAC, etherType: ETHERTYPE.arp };
      bench.near.world.io.sendFrame({ kind: 'frame', ...frame, payload });
      await bench.settle();
      const arps = ofKind(inputs, 'frame')
        .map((i) => i.frame)
        .filter((f) => f.etherType === ETHERTYPE.arp)
        .filter((f) => decodeArp(f.payload).targetAddress === '203.0.113.77');
      expect(arps).toHaveLength(1);
      expect(arps[0]).toMatchObject({
        link: bench.far.link,
        source: mac(bench.near),
        destination: BROADCAST_MAC,
      });
      expect(sameOctets(arps[0]!.payload.subarray(0, payload.length), payload)).toBe(true);
    });

    it('DHCP arrives as a frame', async () => {
      const inputs = listenTo(bench.far.world);
      const source = ipv4('0.0.0.0');
      const destination = ipv4('255.255.255.255');
      const ports = { sourcePort: UDP_PORT.dhcpClient, destinationPort: UDP_PORT.dhcpServer };
      const payload = encodeIpv4({
        tos: 0,
        identification: 1,
        dontFragment: false,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: 64,
        protocol: PROTOCOL.udp,
        source,
        destination,
        options: new Uint8Array(0),
        payload: encodeUdp({ ...ports, payload: new Uint8Array(240) }, source, destination),
      });
      const frame = { destination: BROADCAST_MAC, etherType: ETHERTYPE.ipv4, payload };
      bench.near.world.io.sendFrame({ kind: 'frame', link: bench.near.link, ...frame });
      await bench.settle();
      const seen = ofKind(inputs, 'frame').filter((i) => i.frame.etherType === ETHERTYPE.ipv4);
      expect(seen).toHaveLength(1);
      expect(sameOctets(seen[0]!.frame.payload.subarray(0, payload.length), payload)).toBe(true);
    });

    it('a Mobility Header arrives whole, extension headers and all', async () => {
      const open = { ...signalling(bench.far), homeAddressOptionAt: [bench.far.ipv6] };
      await bench.far.world.datapath.apply({ items: [open] });
      const inputs = listenTo(bench.far.world);
      const octets = update(bench.near.ipv6, bench.far.ipv6, HOME);
      bench.near.world.io.sendPacket({ kind: 'packet', octets });
      await bench.settle();
      const packets = ofKind(inputs, 'packet').map((i) => i.packet);
      expect(packets).toHaveLength(1);
      expect(packets[0]).toMatchObject({ link: bench.far.link, protected: false });
      expect(packets[0]!.arrival.kind).toBe('native');
      expect(sameOctets(packets[0]!.octets, octets)).toBe(true);
    });

    it('a type 2 routing header to an address of this node arrives whole', async () => {
      const home: DatapathItem = {
        kind: 'address',
        link: TUNNEL_LINK,
        address: HOME,
        prefixLength: 128,
        onLinkPrefix: false,
        home: true,
      };
      const away: DatapathItem = {
        kind: 'homeAddress',
        home: HOME,
        peer: bench.near.ipv6,
        careOf: bench.far.ipv6,
      };
      await bench.far.world.datapath.apply({ items: [signalling(bench.far), home, away] });
      await bench.settle();
      const inputs = listenTo(bench.far.world);
      const octets = encodeMobilityPacket({
        source: bench.near.ipv6,
        destination: bench.far.ipv6,
        routingHome: HOME,
        message: ACK,
      });
      bench.near.world.io.sendPacket({ kind: 'packet', octets });
      await bench.settle();
      const packets = ofKind(inputs, 'packet').map((i) => i.packet);
      expect(packets).toHaveLength(1);
      expect(sameOctets(packets[0]!.octets, octets)).toBe(true);
    });

    it('RFC 5555 §4.1: signalling in UDP arrives bare, with where it came from', async () => {
      const items = [signalling(bench.far, 4191)];
      await bench.far.world.datapath.apply({ items });
      await bench.near.world.datapath.apply({ items: [signalling(bench.near, 5000)] });
      const inputs = listenTo(bench.far.world);
      const octets = update(HOME, bench.far.ipv6, undefined);
      bench.near.world.io.sendPacket({
        kind: 'packet',
        octets,
        udp: {
          source: bench.near.ipv4,
          sourcePort: 5000,
          destination: bench.far.ipv4,
          destinationPort: 4191,
        },
      });
      await bench.settle();
      const packets = ofKind(inputs, 'packet').map((i) => i.packet);
      expect(packets).toHaveLength(1);
      expect(packets[0]!.arrival).toEqual({
        kind: 'udp',
        source: bench.near.ipv4,
        sourcePort: 5000,
        destination: bench.far.ipv4,
        destinationPort: 4191,
      });
      expect(sameOctets(packets[0]!.octets, octets)).toBe(true);
    });

    it('what cannot be sent is not thrown', async () => {
      const io = bench.near.world.io;
      io.sendPacket({ kind: 'packet', octets: update(HOME, ipv6('2001:db8:dead::1'), undefined) });
      io.sendPacket({ kind: 'packet', octets: Uint8Array.of(0x60, 1, 2) });
      io.sendPacket({ kind: 'packet', octets: new Uint8Array(0) });
      io.sendFrame({
        kind: 'frame',
        link: 'nowhere0',
        destination: BROADCAST_MAC,
        etherType: ETHERTYPE.arp,
        payload: new Uint8Array(28),
      });
      await bench.settle();
      expect(await bench.echo(bench.near.ipv6, bench.far.ipv6)).toBe(true);
    });

    it('inputs never come from inside a port call', async () => {
      let inside = false;
      const broken: string[] = [];
      bench.near.world.listen((input) => {
        if (inside) broken.push(input.kind);
      });
      const octets = update(HOME, bench.near.ipv6, undefined);
      inside = true;
      const applied = bench.near.world.datapath.apply({ items: [signalling(bench.near)] });
      inside = false;
      await applied;
      inside = true;
      bench.near.world.io.sendPacket({ kind: 'packet', octets }); // to itself
      inside = false;
      await bench.settle();
      expect(broken).toEqual([]);
    });
  });
}

function signalling(end: BenchEnd, port?: number): SignallingItem {
  const udp = port === undefined ? null : { address: null, port, endpoints: [end.ipv4] };
  return { kind: 'signalling', addresses: [end.ipv6, end.ipv4], udp };
}

function update(source: Ipv6, destination: Ipv6, homeAddress: Ipv6 | undefined): Uint8Array {
  return encodeMobilityPacket({
    source,
    destination,
    ...(homeAddress ? { homeAddress } : {}),
    message: UPDATE,
  });
}

const HOME = ipv6('2001:db8:beef::2');
const UPDATE: MobilityMessage = {
  kind: 'bindingUpdate',
  sequence: 1,
  flags: 0xc000,
  lifetime: 60,
  options: [],
};
const ACK: MobilityMessage = {
  kind: 'bindingAck',
  status: 0,
  flags: 0,
  sequence: 1,
  lifetime: 60,
  options: [],
};
