/** The labs on real packets, read by tshark: what is on the wire is what the RFCs draw. Needs root. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM } from './small-network.js';
import { count, fields, mobilityHeaders, onesSum } from './tshark.js';

const HOA = '2001:db8:a::100';
const HA4 = '198.51.100.1';
const LAB_TIMEOUT = 180_000;

interface LabRun {
  readonly world: string;
  readonly passed: boolean;
  readonly moves: readonly {
    readonly to: string;
    readonly phases: readonly { readonly name: string }[];
    readonly bc: readonly {
      readonly entries: readonly { readonly mapped: unknown; readonly path: string }[];
    }[];
  }[];
  readonly checks: readonly { readonly passed: boolean }[];
}

describe.each([
  { lab: 'roam', v4link: 'v4nat', nat: true },
  { lab: 'roam-v4plain', v4link: 'v4plain', nat: false },
])('$lab in namespaces', ({ lab, v4link, nat }) => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-pcap-'));
  const file = (link: string) => join(folder, `${lab}-${link}.pcapng`);
  const on4 = () => file(v4link);
  let result: LabRun;

  beforeAll(async () => {
    const args = [PROGRAM, 'lab', 'run', lab, '--world', 'netns', '--json', '--pcap', folder];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20 });
    result = JSON.parse(stdout) as LabRun;
  }, LAB_TIMEOUT);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ends with every check holding, and every move taken apart into phases', () => {
    expect(result).toMatchObject({ world: 'netns', passed: true });
    expect(result.checks.every((c) => c.passed)).toBe(true);
    for (const move of result.moves) {
      const names = move.phases.map((p) => p.name);
      expect(names).toEqual(expect.arrayContaining(['link', 'update', 'answer', 'packet']));
    }
  });

  it('no Mobility Header is malformed or has a bad checksum', () => {
    let seen = 0;
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      expect(count(path, 'mipv6 && _ws.malformed')).toBe(0);
      for (const header of mobilityHeaders(path)) {
        const sum = onesSum(header.source, header.destination, 135, header.octets);
        expect(sum, `${name} frame ${header.frame}`).toBe(0xffff);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(5);
  });

  it('on the IPv4-only link signalling is in UDP to and from port 4191 of the home agent, RFC 5555 §4.2', () => {
    const updates = fields(on4(), 'mip6.mhtype == 5', [
      'ip.dst',
      'udp.dstport',
      'ipv6.src',
      'mip6.ipv4coa.addr',
      'ip.src',
    ]);
    expect(updates.length).toBeGreaterThan(0);
    for (const u of updates) {
      expect(u).toMatchObject({ 'ip.dst': HA4, 'udp.dstport': '4191', 'ipv6.src': HOA });
      expect(u['mip6.ipv4coa.addr']).toBe(u['ip.src']);
    }
    const acks = fields(on4(), 'mip6.mhtype == 6', [
      'ip.src',
      'udp.srcport',
      'ipv6.dst',
      'mip6.natd.refresh_t',
      'mip6.ba.status',
    ]);
    expect(acks.length).toBeGreaterThan(0);
    for (const a of acks) {
      expect(a).toMatchObject({
        'ip.src': HA4,
        'udp.srcport': '4191',
        'ipv6.dst': HOA,
        'mip6.ba.status': '0',
      });
      expect(a['mip6.natd.refresh_t'] === '4294967295').toBe(!nat);
    }
  });

  it(`on the IPv4-only link data is in ${nat ? 'UDP' : 'protocol 41 and 4'} both ways`, () => {
    const packets = fields(on4(), `ip.addr == ${HA4} && !mipv6`, [
      'ip.dst',
      'ip.proto',
      'udp.port',
    ]);
    const ways = [true, false].map((out) => {
      // The outer header comes first where a field repeats.
      const own = packets.filter((p) => (p['ip.dst'].split(',')[0] === HA4) === out);
      const carried = (protocol: string) =>
        own.filter((p) => p['ip.proto'].split(',')[0] === protocol).length;
      return { udp: carried('17'), ip6: carried('41'), ip4: carried('4') };
    });
    for (const way of ways) {
      if (nat) expect(way).toMatchObject({ ip6: 0, ip4: 0 });
      else expect(way.udp).toBe(0);
      expect(nat ? way.udp : Math.min(way.ip6, way.ip4)).toBeGreaterThan(10);
    }
  });

  // The other lab has no IPv6 link to visit.
  if (nat) {
    it('on an IPv6 link updates carry a Home Address option and an Alternate Care-of, answers a type 2 routing header', () => {
      const path = file('visited1');
      const updates = fields(path, 'mip6.mhtype == 5', [
        'ipv6.opt.mipv6.home_address',
        'ipv6.src',
        'mip6.acoa.acoa',
      ]);
      expect(updates.length).toBeGreaterThan(0);
      for (const u of updates) {
        expect(u['ipv6.opt.mipv6.home_address']).toBe(HOA);
        expect(u['mip6.acoa.acoa']).toBe(u['ipv6.src']);
      }
      const acks = fields(path, 'mip6.mhtype == 6', ['ipv6.routing.mipv6.home_address']);
      expect(acks.length).toBeGreaterThan(0);
      for (const a of acks) expect(a['ipv6.routing.mipv6.home_address']).toBe(HOA);
    });
  }

  it('the mobile node sends no ICMP error about its own protocol', () => {
    for (const name of readdirSync(folder)) {
      // Parameter Problem, Protocol Unreachable: what a kernel without mobility would say.
      expect(
        count(join(folder, name), 'icmpv6.type == 4 || (icmp.type == 3 && icmp.code == 2)'),
        name,
      ).toBe(0);
    }
  });
});

it(
  'two mobile nodes behind one NAT are registered and reachable at once',
  async () => {
    const args = [PROGRAM, 'lab', 'run', 'two-behind-nat', '--world', 'netns', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20 });
    const result = JSON.parse(stdout) as LabRun;
    expect(result).toMatchObject({ world: 'netns', passed: true });
    const both = result.moves
      .flatMap((m) => m.bc.map((b) => b.entries))
      .find((entries) => entries.length === 2);
    expect(both?.map((e) => e.path)).toEqual(['udp', 'udp']);
    expect(new Set(both?.map((e) => JSON.stringify(e.mapped))).size).toBe(2);
  },
  LAB_TIMEOUT,
);
