/** The golden rows beside tshark: what both split must be the same. Skipped where there is no tshark. */
import { describe, expect, it } from 'vitest';
import type { Ipv4, Ipv6 } from '../../../src/base/address.js';
import { ipv4, ipv6 } from '../../../src/base/address.js';
import { encodeIpv4 } from '../../../src/wire/ipv4.js';
import { encodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import { optionRow } from '../../../src/wire/mobility/option-table.js';
import { PROTOCOL } from '../../../src/wire/protocol.js';
import { encodeUdp } from '../../../src/wire/udp.js';
import { hex } from '../octets.js';
import { claimsOf, shown, TSHARK_ERRORS } from './claims.js';
import { codecOf, ROWS, type GoldenRow } from './rows.js';
import { hasTshark, tshark, type Fields } from './tshark.js';

/** Fields of different options: tshark puts options of one type together. */
const UNORDERED: ReadonlySet<string> = new Set(['mip6.options.*', 'mip6.mobility_opt.len']);
const PROTOCOLS = { mh: 135, icmpv6: 58, esp: 50, ah: 51 } as const;
const ANY_6 = ipv6('2001:db8::1');
const ANY_4 = ipv4('192.0.2.1');
const rows = ROWS.filter(isWellFormed);
const said: readonly Fields[] = hasTshark ? tshark(rows.map(frame)) : [];
const excused = new Set<number>();

describe.skipIf(!hasTshark)('tshark splits the same', () => {
  it.each(rows.map((row, at) => ({ name: `${row.as}: ${row.name}`, row, at })))(
    '$name',
    ({ row, at }) => {
      const value = codecOf(row).decode(hex(row.hex), row);
      const kind = (value as { kind?: string }).kind ?? row.as;
      const ours = new Map<string, string[]>();
      for (const [field, claim] of claimsOf(row, value)) {
        ours.set(field, [...(ours.get(field) ?? []), shown(claim)]);
      }
      for (const [field, values] of ours) {
        const theirs = valuesOf(said[at]!, field);
        const error = TSHARK_ERRORS.findIndex(
          (e) => e.field.test(field) && (e.of === undefined || e.of.includes(kind)),
        );
        if (error >= 0) {
          excused.add(error);
          const { says } = TSHARK_ERRORS[error]!;
          // The day tshark is mended, its row here goes.
          if (says && theirs.join() !== values.join()) {
            expect(theirs, `${field}, known to be wrong`).toEqual(values.map(says).filter(Boolean));
          }
          continue;
        }
        expect(theirs, field).toEqual(UNORDERED.has(field) ? [...values].sort() : values);
      }
    },
  );

  it('was excused by every row of the table of its errors, and by no other', () => {
    expect([...excused].sort()).toEqual([...TSHARK_ERRORS.keys()]);
  });
});

/** Of a field, decimal where it is a number. Raw options of all names are one list, which has no order. */
function valuesOf(fields: Fields, field: string): string[] {
  if (field === 'mip6.options.*') {
    return [...fields]
      .filter(([name]) => name.startsWith('mip6.options.'))
      .flatMap(([, values]) => values)
      .sort();
  }
  const values = (fields.get(field) ?? []).map((v) =>
    /^0x[0-9a-f]+$/.test(v) ? `${BigInt(v)}` : v,
  );
  return UNORDERED.has(field) ? values.sort() : values;
}

/** Neither refused, nor with anything that its clause forbids. */
function isWellFormed(row: GoldenRow): boolean {
  if (row.error || row.source.includes('disobeyed')) return false;
  const options = (row.value as { options?: { kind: string; type: number }[] }).options ?? [];
  return !(
    Array.isArray(options) && options.some((o) => o.kind === 'unknown' && isKept(row, o.type))
  );
}

/** Of a type we split, and yet unknown: its length or value is wrong. */
function isKept(row: GoldenRow, type: number): boolean {
  return row.as === 'mh' ? optionRow(type) !== undefined : row.as === 'icmpv6' && type === 24;
}

function frame(row: GoldenRow): Uint8Array {
  const octets = hex(row.hex);
  const { src, dst } = row;
  switch (row.as) {
    case 'mh':
    case 'icmpv6':
      return ethernet(0x86dd, inIpv6(src as Ipv6, dst as Ipv6, PROTOCOLS[row.as], octets));
    case 'udp':
      return src!.includes(':')
        ? ethernet(0x86dd, inIpv6(src as Ipv6, dst as Ipv6, PROTOCOL.udp, octets))
        : ethernet(0x0800, inIpv4(src as Ipv4, dst as Ipv4, PROTOCOL.udp, octets));
    case 'ipv6':
      return ethernet(0x86dd, octets);
    case 'ipv4':
      return ethernet(0x0800, octets);
    case 'arp':
      return ethernet(0x0806, octets);
    case 'esp':
    case 'ah':
      return ethernet(0x86dd, inIpv6(ANY_6, ANY_6, PROTOCOLS[row.as], octets));
    case 'dhcp4': {
      const [sourcePort, destinationPort] = octets[0] === 1 ? [68, 67] : [67, 68];
      const udp = encodeUdp(
        { sourcePort: sourcePort!, destinationPort: destinationPort!, payload: octets },
        ANY_4,
        ANY_4,
      );
      return ethernet(0x0800, inIpv4(ANY_4, ANY_4, PROTOCOL.udp, udp));
    }
    default:
      return row.as satisfies never;
  }
}

function inIpv6(
  source: Ipv6,
  destination: Ipv6,
  protocol: number,
  payload: Uint8Array,
): Uint8Array {
  return encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: 255,
    source,
    destination,
    headers: [],
    protocol,
    payload,
  });
}

function inIpv4(
  source: Ipv4,
  destination: Ipv4,
  protocol: number,
  payload: Uint8Array,
): Uint8Array {
  return encodeIpv4({
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    protocol,
    source,
    destination,
    options: new Uint8Array(0),
    payload,
  });
}

function ethernet(etherType: number, payload: Uint8Array): Uint8Array {
  const head = hex('020000000001 020000000002');
  return Uint8Array.of(...head, etherType >>> 8, etherType & 0xff, ...payload);
}
