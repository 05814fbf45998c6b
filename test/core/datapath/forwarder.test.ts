import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOctets, ipv4, ipv6, prefixOf, type IpAddress } from '../../../src/base/address.js';
import { fromHex, toHex } from '../../../src/base/bytes.js';
import { fold16, sum16 } from '../../../src/base/checksum.js';
import { Forwarder, HEADROOM } from '../../../src/core/datapath/forwarder.js';
import type { TunnelItem, TunnelSelector } from '../../../src/core/datapath/model.js';

const HA = ipv6('2001:db8:a::1');
const HA4 = ipv4('198.51.100.1');
const HOA = ipv6('2001:db8:a::100');
const HOA4 = ipv4('192.0.2.100');
const COA = ipv6('2001:db8:b::1234');
const COA4 = ipv4('203.0.113.9');
const CN = ipv6('2001:db8:f::c');
const CN4 = ipv4('198.51.100.12');

describe('the four ways out and in, both ends', () => {
  it.each([
    { what: 'IPv6 in IPv6', outer: 6, inner: 6, head: '6000000000' },
    { what: 'IPv4 in IPv6', outer: 6, inner: 4, head: '6000000000' },
    { what: 'IPv6 in IPv4', outer: 4, inner: 6, head: '4500' },
    { what: 'IPv4 in IPv4', outer: 4, inner: 4, head: '4500' },
  ])('$what comes back octet for octet', ({ outer, inner }) => {
    const packet = inner === 6 ? packet6(HOA, CN, 64) : packet4(HOA4, CN4, 64);
    const mn = forwarder(mnTunnel(outer === 6 ? COA : COA4));
    const ha = forwarder(haTunnel(outer === 6 ? COA : COA4));
    const sent = out(mn, packet);
    expect(sent.outcome).toBe('send');
    const header = outer === 6 ? 40 : 20;
    expect(sent.octets.length).toBe(packet.length + header);
    expect(sent.octets[outer === 6 ? 6 : 9]).toBe(inner === 6 ? 41 : 4);
    if (outer === 4) expect(fold16(sum16(sent.octets.subarray(0, 20)))).toBe(0);
    const received = ha.decapsulateIp(sent.octets, 0, sent.octets.length);
    expect(received.outcome).toBe('deliver');
    expect(toHex(sent.octets.subarray(received.start, received.end))).toBe(toHex(packet));
  });

  it('UDP carries both families with nothing between, RFC 5555 §4.1', () => {
    const mn = forwarder(mnTunnel(COA4, { localPort: 4191, remotePort: 4191 }));
    for (const packet of [packet6(HOA, CN, 40), packet4(HOA4, CN4, 40)]) {
      const sent = out(mn, packet);
      expect(sent.outcome).toBe('send');
      expect(sent.octets).toEqual(packet);
    }
  });
});

describe('who may come in, RFC 6275 §10.4.5', () => {
  const ha = forwarder(haTunnel(COA));
  it('refuses a home address from another care-of address', () => {
    const wrong = out(forwarder(mnTunnel(ipv6('2001:db8:b::666'))), packet6(HOA, CN, 8)).octets;
    expect(ha.decapsulateIp(wrong, 0, wrong.length)).toMatchObject({
      outcome: 'drop',
      reason: 'outer-source',
    });
  });
  it('refuses a home address that has no binding', () => {
    const other = { ...mnTunnel(COA), send: [{ source: host(ipv6('2001:db8:a::999')) }] };
    const wrong = out(forwarder(other), packet6(ipv6('2001:db8:a::999'), CN, 8)).octets;
    expect(ha.decapsulateIp(wrong, 0, wrong.length)).toMatchObject({
      outcome: 'drop',
      reason: 'no-binding',
    });
  });
  it('tells two mobile nodes behind one NAT apart by port', () => {
    const ha4 = new Forwarder();
    const two = ipv6('2001:db8:a::200');
    ha4.update(
      [
        haTunnel(COA4, { localPort: 4191, remotePort: 40001 }),
        {
          ...haTunnel(COA4, { localPort: 4191, remotePort: 40002 }),
          key: two,
          send: [{ destination: host(two) }],
          accept: [{ source: host(two) }],
        },
      ],
      [HA],
    );
    const from = (port: number, packet: Uint8Array) =>
      ha4.decapsulateUdp(packet, 0, packet.length, number(COA4), port, 0).outcome;
    expect(from(40001, packet6(HOA, CN, 8))).toBe('deliver');
    expect(from(40002, packet6(HOA, CN, 8))).toBe('drop');
    expect(from(40002, packet6(two, CN, 8))).toBe('deliver');
    expect(out(ha4, packet6(CN, two, 8)).tunnel?.udp?.remotePort).toBe(40002);
  });
  it('hands a Binding Update in UDP to the role though no tunnel exists yet, RFC 5555 §4.4.2', () => {
    const fresh = new Forwarder();
    fresh.update([], [HA]);
    const bu = packet6(HOA, HA, 16, 135);
    expect(fresh.decapsulateUdp(bu, 0, bu.length, number(COA4), 5, 0)).toMatchObject({
      outcome: 'control',
      start: 0,
    });
    const notOurs = packet6(HOA, CN, 16, 135);
    expect(fresh.decapsulateUdp(notOurs, 0, notOurs.length, number(COA4), 5, 0).outcome).toBe(
      'drop',
    );
  });
});

describe('traffic class', () => {
  it('copies DSCP and ECN outward, RFC 2983 and RFC 6040 §4.1', () => {
    const sent = out(forwarder(mnTunnel(COA)), packet6(HOA, CN, 8, 59, 0xba)).octets;
    expect(((sent[0]! & 15) << 4) | (sent[1]! >> 4)).toBe(0xba);
    const sent4 = out(forwarder(mnTunnel(COA4)), packet6(HOA, CN, 8, 59, 0xba)).octets;
    expect(sent4[1]).toBe(0xba);
  });
  it.each([
    { inner: 0, outer: 3, now: 'drop' },
    { inner: 2, outer: 3, now: 3 },
    { inner: 2, outer: 1, now: 1 },
    { inner: 2, outer: 0, now: 2 },
    { inner: 1, outer: 3, now: 3 },
    { inner: 1, outer: 2, now: 1 },
    { inner: 3, outer: 0, now: 3 },
    { inner: 0, outer: 2, now: 0 },
  ])(
    'RFC 6040 §4.2: inner $inner under outer $outer gives $now, both families',
    ({ inner, outer, now }) => {
      for (const packet of [packet6(HOA, CN, 8, 59, inner), packet4(HOA4, CN4, 8, inner)]) {
        const sent = out(forwarder(mnTunnel(COA)), packet).octets;
        sent[1] = (sent[1]! & 0xcf) | (outer << 4);
        const v = forwarder(haTunnel(COA)).decapsulateIp(sent, 0, sent.length);
        if (now === 'drop') {
          expect(v).toMatchObject({ outcome: 'drop', reason: 'ecn' });
          continue;
        }
        const got = sent.subarray(v.start, v.end);
        expect(got[0]! >> 4 === 6 ? (got[1]! >> 4) & 3 : got[1]! & 3).toBe(now);
        if (got[0]! >> 4 === 4) expect(fold16(sum16(got.subarray(0, 20)))).toBe(0);
      }
    },
  );
});

describe('too big', () => {
  it('answers IPv6 with Packet Too Big for the room that is left, RFC 2473 §7.1', () => {
    const v = out(forwarder(mnTunnel(COA)), packet6(HOA, CN, 1440));
    expect(v.outcome).toBe('reply');
    const r = v.reply!;
    expect([r[6], r[40], (r[46]! << 8) | r[47]!]).toEqual([58, 2, 1460]);
    expect(fold16(sum16(r.subarray(8), r.length - 40 + 58))).toBe(0);
    expect(r.length).toBe(1280);
    expect(toHex(r.subarray(24, 40))).toBe(toHex(addressOctets(HOA)));
  });
  it('answers IPv4 with DF by Fragmentation Needed, RFC 1191 §4', () => {
    const v = out(forwarder(mnTunnel(COA4)), packet4(HOA4, CN4, 1470, 0, true));
    expect(v.outcome).toBe('reply');
    const r = v.reply!;
    expect([r[20], r[21], (r[26]! << 8) | r[27]!]).toEqual([3, 4, 1480]);
    expect(fold16(sum16(r.subarray(20)))).toBe(0);
    expect(fold16(sum16(r.subarray(0, 20)))).toBe(0);
  });
  it('learns a smaller path and keeps the minimum, RFC 8200 §5', () => {
    const f = forwarder(mnTunnel(COA));
    f.pathTooBig(HA, 1400);
    expect(out(f, packet6(HOA, CN, 1330)).outcome).toBe('reply');
    f.pathTooBig(HA, 68);
    expect(out(f, packet6(HOA, CN, 1240)).outcome).toBe('send');
  });
  it('says nothing about an ICMP error, RFC 4443 §2.4(e)', () => {
    const error = packet6(HOA, CN, 1440, 58);
    error[40] = 1;
    expect(out(forwarder(mnTunnel(COA)), error)).toMatchObject({
      outcome: 'drop',
      reason: 'too-big',
    });
  });
});

describe('the table', () => {
  it('drops when there is no tunnel: nothing leaves with a home address unbound', () => {
    expect(out(new Forwarder(), packet6(HOA, CN, 8))).toMatchObject({
      outcome: 'drop',
      reason: 'no-tunnel',
    });
  });
  it('tells of the first packet each way, and again after a change', () => {
    const seen: string[] = [];
    const f = forwarder(mnTunnel(COA));
    f.onFirstPacket = (key, direction) => seen.push(`${direction} ${key}`);
    out(f, packet6(HOA, CN, 8));
    out(f, packet6(HOA, CN, 8));
    f.update([mnTunnel(ipv6('2001:db8:c::5'))], [HOA]);
    out(f, packet6(HOA, CN, 8));
    expect(seen).toEqual([`out ${HOA}`, `out ${HOA}`]);
  });
  it('forgets tunnels that are no longer named, and their selectors', () => {
    const f = forwarder(mnTunnel(COA));
    f.update([], []);
    expect(out(f, packet6(HOA, CN, 8)).outcome).toBe('drop');
  });
  it('carries a whole mobile network prefix beside the home address', () => {
    const mnp = prefixOf(ipv6('2001:db8:100::'), 48);
    const f = forwarder({
      ...haTunnel(COA),
      send: [{ destination: host(HOA) }, { destination: mnp }],
    });
    expect(out(f, packet6(CN, ipv6('2001:db8:100:5::7'), 8)).outcome).toBe('send');
    expect(out(f, packet6(CN, ipv6('2001:db8:101::7'), 8)).outcome).toBe('drop');
  });
});

it('never throws and never reads past the end, whatever comes', () => {
  const f = forwarder(haTunnel(COA));
  const valid = out(forwarder(mnTunnel(COA)), packet6(HOA, CN, 60, 60)).octets;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.nat(valid.length),
      fc.nat(255),
      (junk, at, value) => {
        const mutated = valid.slice();
        mutated[Math.min(at, mutated.length - 1)] = value;
        for (const octets of [junk, mutated, valid.subarray(0, at)]) {
          const room = new Uint8Array(HEADROOM + octets.length);
          room.set(octets, HEADROOM);
          for (const v of [
            f.encapsulate(room, HEADROOM, room.length),
            f.decapsulateIp(room, HEADROOM, room.length),
            f.decapsulateUdp(room, HEADROOM, room.length, 1, 2, 3),
          ]) {
            if (v.outcome === 'drop' || v.outcome === 'reply') continue;
            expect(v.end).toBeLessThanOrEqual(room.length);
            expect(v.end).toBeGreaterThan(v.start);
            expect(v.start).toBeGreaterThanOrEqual(0);
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
});

function forwarder(item: TunnelItem): Forwarder {
  const f = new Forwarder();
  f.update([item], [HA, HOA]);
  return f;
}

function mnTunnel(local: IpAddress, udp?: TunnelItem['udp']): TunnelItem {
  const remote = local === COA4 ? HA4 : HA;
  const send: TunnelSelector[] = [{ source: host(HOA) }, { source: host(HOA4) }];
  const accept: TunnelSelector[] = [{ destination: host(HOA) }, { destination: host(HOA4) }];
  return {
    kind: 'tunnel',
    key: HOA,
    local,
    remote,
    send,
    accept,
    pathMtu: 1500,
    ...(udp && { udp }),
  };
}

function haTunnel(remote: IpAddress, udp?: TunnelItem['udp']): TunnelItem {
  const local = remote === COA4 ? HA4 : HA;
  const send: TunnelSelector[] = [{ destination: host(HOA) }, { destination: host(HOA4) }];
  const accept: TunnelSelector[] = [{ source: host(HOA) }, { source: host(HOA4) }];
  return {
    kind: 'tunnel',
    key: HOA,
    local,
    remote,
    send,
    accept,
    pathMtu: 1500,
    ...(udp && { udp }),
  };
}

function out(f: Forwarder, packet: Uint8Array) {
  const buffer = new Uint8Array(HEADROOM + packet.length);
  buffer.set(packet, HEADROOM);
  const v = f.encapsulate(buffer, HEADROOM, buffer.length);
  return { ...v, octets: v.outcome === 'send' ? buffer.slice(v.start, v.end) : new Uint8Array() };
}

function packet6(
  source: IpAddress,
  destination: IpAddress,
  payload: number,
  protocol = 59,
  trafficClass = 0,
) {
  const b = new Uint8Array(40 + payload);
  b.set([
    0x60 | (trafficClass >> 4),
    (trafficClass & 15) << 4,
    0,
    0,
    payload >> 8,
    payload & 255,
    protocol,
    63,
  ]);
  b.set(addressOctets(source), 8);
  b.set(addressOctets(destination), 24);
  if (protocol === 58) b[40] = 128;
  return b;
}

function packet4(source: IpAddress, destination: IpAddress, payload: number, tos = 0, df = false) {
  const b = new Uint8Array(20 + payload);
  b.set([0x45, tos, b.length >> 8, b.length & 255, 0, 1, df ? 0x40 : 0, 0, 63, 17, 0, 0]);
  b.set(addressOctets(source), 12);
  b.set(addressOctets(destination), 16);
  const sum = fold16(sum16(b.subarray(0, 20)));
  b.set([sum >> 8, sum & 255], 10);
  return b;
}

function host(address: IpAddress) {
  return prefixOf(address, address.includes(':') ? 128 : 32);
}

function number(address: IpAddress): number {
  return Number.parseInt(toHex(addressOctets(address)), 16);
}

it('agrees with an independent encapsulation: an outer header by hand', () => {
  const packet = packet6(HOA, CN, 0);
  const want = `6000000000282940${toHex(addressOctets(COA))}${toHex(addressOctets(HA))}`;
  const sent = out(forwarder(mnTunnel(COA)), packet).octets;
  expect(toHex(sent.subarray(0, 40))).toBe(toHex(fromHex(want)!));
});
