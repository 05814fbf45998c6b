/** Flags of Binding Update and Acknowledgement: one row per bit. */

export interface FlagRow {
  readonly bit: number;
  readonly letter: string;
  readonly name: string;
  readonly clause: string;
}

/** 16 bits after the sequence number. */
export const BU_FLAG = {
  acknowledge: 0x8000,
  home: 0x4000,
  linkLocal: 0x2000,
  keyManagement: 0x1000,
  map: 0x0800,
  mobileRouter: 0x0400,
  proxy: 0x0200,
  forceUdp: 0x0100,
  tlv: 0x0080,
  bulk: 0x0040,
  multicast: 0x0020,
  distributed: 0x0010,
} as const;

/** 8 bits after the status. */
export const BA_FLAG = {
  keyManagement: 0x80,
  mobileRouter: 0x40,
  proxy: 0x20,
  tlv: 0x10,
  bulk: 0x08,
  multicast: 0x04,
  distributed: 0x02,
} as const;

export const BU_FLAGS: readonly FlagRow[] = [
  { bit: 0x8000, letter: 'A', name: 'acknowledge', clause: 'RFC 6275 §6.1.7' },
  { bit: 0x4000, letter: 'H', name: 'home registration', clause: 'RFC 6275 §6.1.7' },
  { bit: 0x2000, letter: 'L', name: 'link-local address compatibility', clause: 'RFC 6275 §6.1.7' },
  {
    bit: 0x1000,
    letter: 'K',
    name: 'key management mobility capability',
    clause: 'RFC 6275 §6.1.7',
  },
  { bit: 0x0800, letter: 'M', name: 'MAP registration', clause: 'RFC 5380' },
  { bit: 0x0400, letter: 'R', name: 'mobile router', clause: 'RFC 3963 §4.1' },
  { bit: 0x0200, letter: 'P', name: 'proxy registration', clause: 'RFC 5213 §8.1' },
  { bit: 0x0100, letter: 'F', name: 'force UDP encapsulation', clause: 'RFC 5555 §3.1.3' },
  { bit: 0x0080, letter: 'T', name: 'TLV-header format', clause: 'RFC 5845' },
  { bit: 0x0040, letter: 'B', name: 'bulk binding update', clause: 'RFC 6602' },
  { bit: 0x0020, letter: 'S', name: 'multicast signalling', clause: 'RFC 7161 §4.2' },
  { bit: 0x0010, letter: 'D', name: 'distributed mobility management', clause: 'RFC 8885' },
];

export const BA_FLAGS: readonly FlagRow[] = [
  { bit: 0x80, letter: 'K', name: 'key management mobility capability', clause: 'RFC 6275 §6.1.8' },
  { bit: 0x40, letter: 'R', name: 'mobile router', clause: 'RFC 3963 §4.2' },
  { bit: 0x20, letter: 'P', name: 'proxy registration', clause: 'RFC 5213 §8.2' },
  { bit: 0x10, letter: 'T', name: 'TLV-header format', clause: 'RFC 5845' },
  { bit: 0x08, letter: 'B', name: 'bulk binding update', clause: 'RFC 6602' },
  { bit: 0x04, letter: 'S', name: 'multicast signalling', clause: 'RFC 7161 §4.2' },
  { bit: 0x02, letter: 'D', name: 'distributed mobility management', clause: 'RFC 8885' },
];

/** Letters of the flags set, in wire order: `AHL`. */
export const flagLetters = (flags: number, rows: readonly FlagRow[]): string =>
  rows
    .filter((row) => flags & row.bit)
    .map((row) => row.letter)
    .join('');
