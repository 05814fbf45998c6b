// One capture of 100,000 mixed mobility packets, decoded by us, tshark, tcpdump and scapy in one run. Ours: pcap, IPv6, extension
// headers, the Mobility Header with its checksum, every option through the table. The others are whole processes, start-up
// included; so is our second line.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipv4, ipv6, ipv6FromOctets } from '../dist/src/base/address.js';
import { readCapture } from '../dist/src/diagnostics/pcapng.js';
import { encodeMobilityPacket } from '../dist/src/wire/mobility-packet.js';
import { decodeIpv6, homeAddressOption, routing2 } from '../dist/src/wire/ipv6-codec.js';
import { decodeMobility, encodeMobility, verifyMobility } from '../dist/src/wire/mobility/codec.js';
import { cpuMicros, table } from './measure.js';

const PACKETS = 100_000;

export default function decode() {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-bench-'));
  try {
    const file = join(folder, 'mixed.pcap');
    const capture = pcap(mixed(PACKETS));
    writeFileSync(file, capture);
    let sink = 0;
    const ours = 1e6 / (cpuMicros(() => (sink += decodeAll(capture)), 1, 5) / PACKETS);
    const child = `import(${JSON.stringify(import.meta.url)}).then((m) => m.decodeFile(${JSON.stringify(file)}))`;
    const rows = [
      ['100,000 mixed packets', 'packets / CPU s', 'ours is'],
      ['mip6, in its process', rate(ours), ''],
      compared('mip6, a whole process', ours, [process.execPath, '-e', child]),
      compared('tshark -T fields', ours, ['tshark', '-n', '-r', file, '-T', 'fields', ...FIELDS]),
      compared('tcpdump -v', ours, ['tcpdump', '-nvr', file]),
      compared('scapy IPv6(octets)', ours, ['python3', '-c', SCAPY, file]),
    ];
    table(rows);
    console.log(
      `\none Binding Update, decoded again and again: ${updates().toFixed(2)} M/s a core`,
    );
    if (sink === 0) throw new Error('nothing was decoded');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** For the child process. */
export async function decodeFile(file) {
  const { readFileSync } = await import('node:fs');
  if (decodeAll(new Uint8Array(readFileSync(file))) !== PACKETS) process.exitCode = 1;
}

/** How many had a good checksum and options that could be read. */
function decodeAll(capture) {
  let good = 0;
  for (const { octets } of readCapture(capture)) {
    const packet = decodeIpv6(octets);
    const source = homeAddressOption(packet) ?? packet.source;
    const destination = routing2(packet)?.homeAddress ?? packet.destination;
    const { message } = decodeMobility(packet.payload, packet.payloadOffset);
    if (verifyMobility(packet.payload, source, destination) && message.options) good++;
  }
  return good;
}

function updates() {
  const octets = encodeMobility(
    {
      kind: 'bindingUpdate',
      sequence: 7,
      flags: 0xc000,
      lifetime: 600,
      options: [{ kind: 'alternateCareOf', address: HOME }],
    },
    HOME,
    AGENT,
  );
  let sink = 0;
  const micros = cpuMicros((n) => {
    for (let i = 0; i < n; i++) sink += decodeMobility(octets).message.sequence;
  }, 300_000);
  return sink > 0 ? 1 / micros : 0;
}

function compared(name, ours, [program, ...args]) {
  const quoted = [program, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ');
  const runs = [];
  for (let i = 0; i < 3; i++) {
    const shell = spawnSync('bash', ['-c', `${quoted} >/dev/null 2>&1; echo $?; times`], {
      encoding: 'utf8',
    });
    const lines = shell.stdout.trim().split('\n');
    if (lines[0] !== '0') return [name, 'not installed', ''];
    runs.push(cpuSeconds(lines.at(-1)));
  }
  const theirs = PACKETS / runs.sort((a, b) => a - b)[1];
  return [name, rate(theirs), `${(ours / theirs).toFixed(1)}x`];
}

function cpuSeconds(times) {
  let total = 0;
  for (const [, minutes, seconds] of times.matchAll(/(\d+)m([\d.]+)s/g))
    total += minutes * 60 + Number(seconds);
  return total;
}

/** A handover's worth of signalling, over and over, each from another mobile node. */
function mixed(count) {
  const packets = [];
  for (let i = 0; packets.length < count; i++) {
    const home = address(0xa, i);
    const careOf = address(0xb, i);
    const cookie = Uint8Array.of(1, 2, 3, 4, i >>> 24, i >>> 16, i >>> 8, i);
    const bu = { kind: 'bindingUpdate', sequence: i & 0xffff, flags: 0xc000, lifetime: 600 };
    const ba = { kind: 'bindingAck', status: 0, flags: 0, sequence: i & 0xffff, lifetime: 600 };
    const authenticator = new Uint8Array(12).fill(i);
    const put = (message, path) => packets.push(encodeMobilityPacket({ ...path, message }));
    const up = { source: careOf, destination: AGENT, homeAddress: home };
    const down = { source: AGENT, destination: careOf, routingHome: home };
    put({ ...bu, options: [{ kind: 'alternateCareOf', address: careOf }] }, up);
    put({ ...ba, options: [] }, down);
    put({ kind: 'homeTestInit', cookie, options: [] }, { source: home, destination: PEER });
    put({ kind: 'careOfTestInit', cookie, options: [] }, { source: careOf, destination: PEER });
    put(
      { kind: 'homeTest', nonceIndex: 1, cookie, token: cookie, options: [] },
      { source: PEER, destination: home },
    );
    put(
      { kind: 'careOfTest', nonceIndex: 1, cookie, token: cookie, options: [] },
      { source: PEER, destination: careOf },
    );
    put(
      {
        ...bu,
        flags: 0x8000,
        options: [
          { kind: 'nonceIndices', home: 1, careOf: 1 },
          { kind: 'bindingAuthorization', authenticator },
        ],
      },
      { ...up, destination: PEER },
    );
    put(
      { ...ba, options: [{ kind: 'bindingAuthorization', authenticator }] },
      { ...down, source: PEER },
    );
    put(
      {
        ...bu,
        flags: 0xc400,
        options: [{ kind: 'mobileNetworkPrefix', prefixLength: 64, prefix: home }, V4_HOME],
      },
      up,
    );
    put(
      { ...ba, options: [V4_ACK, { kind: 'natDetection', forceUdp: false, refresh: 110 }] },
      down,
    );
    put(
      { kind: 'bindingError', status: 1, homeAddress: home, options: [] },
      { source: PEER, destination: careOf },
    );
    put({ kind: 'bindingRefreshRequest', options: [] }, { source: PEER, destination: home });
  }
  return packets.slice(0, count);
}

function pcap(packets) {
  const octets = new Uint8Array(packets.reduce((sum, packet) => sum + 16 + packet.length, 24));
  const out = Buffer.from(octets.buffer);
  [0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101].forEach((n, i) => out.writeUInt32LE(n, 4 * i)); // 101: raw IP
  let at = 24;
  for (const packet of packets) {
    out.writeUInt32LE(packet.length, at + 8);
    out.writeUInt32LE(packet.length, at + 12);
    out.set(packet, at + 16);
    at += 16 + packet.length;
  }
  return octets;
}

function address(link, n) {
  return ipv6FromOctets(
    Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, link, 0, 0, 2, 0, 0, 0xff, n >>> 24, n >>> 16, n >>> 8, n),
  );
}

const rate = (n) => Math.round(n).toLocaleString('en');
const HOME = ipv6('2001:db8:a::100');
const AGENT = ipv6('2001:db8:a::1');
const PEER = ipv6('2001:db8:f::c');
const V4_HOME = {
  kind: 'ipv4HomeAddress',
  prefixLength: 32,
  prefixRequested: false,
  address: ipv4('0.0.0.0'),
};
const V4_ACK = {
  kind: 'ipv4AddressAck',
  status: 0,
  prefixLength: 24,
  address: ipv4('192.0.2.100'),
};
const FIELDS = [
  'mip6.mhtype',
  'mip6.bu.seqnr',
  'mip6.bu.lifetime',
  'mip6.ba.status',
  'mip6.acoa.acoa',
].flatMap((f) => ['-e', f]);
const SCAPY = `import sys
from scapy.all import IPv6, RawPcapReader
for octets, _ in RawPcapReader(sys.argv[1]): IPv6(octets)`;
