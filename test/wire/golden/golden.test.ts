import { describe, expect, it } from 'vitest';
import type { Ipv6 } from '../../../src/base/address.js';
import { toHex } from '../../../src/base/bytes.js';
import { WireError } from '../../../src/base/error.js';
import { decodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import { encodeMobility, verifyMobility } from '../../../src/wire/mobility/codec.js';
import { BA_FLAGS, BU_FLAGS } from '../../../src/wire/mobility/flag.js';
import { messageRows } from '../../../src/wire/mobility/message-table.js';
import type { KnownMessage } from '../../../src/wire/mobility/message.js';
import { withoutPadding } from '../../../src/wire/mobility/option.js';
import { optionRows } from '../../../src/wire/mobility/option-table.js';
import { ND_OPTIONS } from '../../../src/wire/nd/codec.js';
import { ICMPV6 } from '../../../src/wire/protocol.js';
import { hex } from '../octets.js';
import { codecOf, ROWS, type GoldenRow } from './rows.js';

describe.each(ROWS.filter((row) => row.error === undefined))('$as: $name ($source)', (row) => {
  const wire = hex(row.hex);
  const codec = codecOf(row);

  it('reads both ways', () => {
    expect(codec.decode(wire, row)).toEqual(row.value);
    expect(toHex(codec.encode(row.value, row))).toBe(row.hex);
    if (row.as === 'mh') expect(verifyMobility(wire, row.src as Ipv6, row.dst as Ipv6)).toBe(true);
    if (row.as === 'icmpv6') decodeIcmpv6(wire, row.src as Ipv6, row.dst as Ipv6); // checksum
  });

  if (row.aligned)
    it('is written the same from a list without padding', () => {
      const message = row.value as KnownMessage;
      const { verbatim: _, ...bare } = { ...message, options: withoutPadding(message.options) };
      const again = encodeMobility(bare as KnownMessage, row.src as Ipv6, row.dst as Ipv6);
      expect(toHex(again)).toBe(row.hex);
    });

  it('cut at any octet is a WireError inside what is there, or a shorter whole that is written back', () => {
    cutEverywhere(row, wire);
  });
});

describe.each(ROWS.filter((row) => row.error !== undefined))('$as: $name ($source)', (row) => {
  const wire = hex(row.hex);

  it('is refused where it is wrong', () => {
    expect(() => codecOf(row).decode(wire, row)).toThrow(expect.objectContaining(row.error!));
  });

  it('cut at any octet is a WireError or a shorter whole', () => cutEverywhere(row, wire));
});

describe('the rows', () => {
  const values = ROWS.map((row) => row.value as { kind?: string; options?: { kind: string }[] });
  const kinds = new Set(values.map((value) => value?.kind));
  const options = new Set(values.flatMap((value) => value?.options?.map((o) => o.kind) ?? []));

  it('are three hundred at least, each with a name of its own and a source', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(300);
    expect(new Set(ROWS.map((row) => row.name)).size).toBe(ROWS.length);
    expect(ROWS.filter((row) => !/RFC \d+|capture|registry/.test(row.source))).toEqual([]);
  });

  it('have every Mobility Header type, and every mobility option', () => {
    for (const row of messageRows()) expect(kinds, row.name).toContain(row.kind);
    for (const row of optionRows()) expect(options, row.name).toContain(row.kind);
  });

  it('have every flag of Binding Update and Acknowledgement alone', () => {
    const flags = (kind: string) =>
      values.filter((v) => v?.kind === kind).map((v) => (v as { flags?: number }).flags);
    for (const { bit, name } of BU_FLAGS) expect(flags('bindingUpdate'), name).toContain(bit);
    for (const { bit, name } of BA_FLAGS) expect(flags('bindingAck'), name).toContain(bit);
  });

  it('have every ICMPv6 message and neighbour discovery option', () => {
    for (const kind of Object.keys(ICMPV6)) expect(kinds).toContain(kind);
    for (const kind of Object.keys(ND_OPTIONS)) expect(options).toContain(kind);
  });
});

function cutEverywhere(row: GoldenRow, wire: Uint8Array): void {
  const codec = codecOf(row);
  const least = row.error === undefined ? codec.least(wire) : 0;
  for (let n = 0; n < wire.length; n++) {
    const cut = wire.subarray(0, n);
    let value: unknown;
    try {
      value = codec.decode(cut, row);
    } catch (error) {
      expect(error, `${n} octets`).toBeInstanceOf(WireError);
      expect((error as WireError).offset).toBeLessThanOrEqual(n);
      continue;
    }
    expect(n, 'a proper part was taken for whole').toBeGreaterThanOrEqual(least);
    if (row.as === 'dhcp4') continue; // padded to 300 octets when written
    const from = row.as === 'icmpv6' ? 4 : 0; // after the checksum
    const again = codec.encode(value, row);
    expect(toHex(again.subarray(from, n)), `${n} octets`).toBe(toHex(cut.subarray(from)));
  }
}
