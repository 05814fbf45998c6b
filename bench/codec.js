// A Binding Update with Alternate Care-of and IPv4 Home Address, through the option table, beside a hand-written reader and writer of
// just this one layout: the floor that no table can beat.
import { ipv4, ipv6 } from '../dist/src/base/address.js';
import { decodeMobility, encodeMobility } from '../dist/src/wire/mobility/codec.js';
import { cpuMicros, table } from './measure.js';

export default function codec() {
  const source = ipv6('2001:db8:b::1');
  const destination = ipv6('2001:db8:a::1');
  const update = {
    kind: 'bindingUpdate',
    sequence: 7,
    flags: 0xc000,
    lifetime: 600,
    options: [
      { kind: 'alternateCareOf', address: source },
      {
        kind: 'ipv4HomeAddress',
        prefixLength: 24,
        prefixRequested: false,
        address: ipv4('192.0.2.100'),
      },
    ],
  };
  const octets = encodeMobility(update, source, destination);
  const count = 200_000;
  let sink = 0;
  const decode = cpuMicros((n) => {
    for (let i = 0; i < n; i++) sink += decodeMobility(octets).message.sequence;
  }, count);
  const encode = cpuMicros((n) => {
    for (let i = 0; i < n; i++) sink += encodeMobility(update, source, destination).length;
  }, count);
  const floorDecode = cpuMicros((n) => {
    for (let i = 0; i < n; i++) sink += readFixed(octets).sequence;
  }, count);
  const floorEncode = cpuMicros((n) => {
    for (let i = 0; i < n; i++) sink += writeFixed(octets, i & 0xffff).length;
  }, count);
  const rate = (micros) => `${(1 / micros).toFixed(2)} M/s`;
  const times = (a, b) => `${(a / b).toFixed(1)}x floor`;
  table([
    ['Binding Update', 'a core', 'cost'],
    ['decode, table', rate(decode), times(decode, floorDecode)],
    ['decode, floor', rate(floorDecode), ''],
    ['encode, table', rate(encode), times(encode, floorEncode)],
    ['encode, floor', rate(floorEncode), ''],
  ]);
  if (sink === 0) throw new Error('nothing was decoded');
}

function readFixed(b) {
  return {
    sequence: (b[6] << 8) | b[7],
    flags: (b[8] << 8) | b[9],
    lifetime: ((b[10] << 8) | b[11]) * 4,
    careOf: b.subarray(16, 32),
    home4: b.subarray(36, 40),
  };
}

function writeFixed(template, sequence) {
  const b = template.slice();
  b[6] = sequence >> 8;
  b[7] = sequence;
  let sum = 0;
  for (let i = 0; i < b.length; i += 2) if (i !== 4) sum += (b[i] << 8) | b[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  b[4] = ~sum >> 8;
  b[5] = ~sum;
  return b;
}
