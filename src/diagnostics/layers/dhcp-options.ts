/** DHCP options as JSON, by the table of `src/wire/dhcpv4`. */
import { DHCP_OPTIONS } from '../../wire/dhcpv4/codec.js';
import { coded } from './layout.js';
import { layoutRow, wireRow, type TlvFormat, type TlvRow } from './tlv.js';

const WIRE: readonly TlvRow[] = Object.entries(DHCP_OPTIONS).map(([kind, row]) =>
  wireRow(row, {
    kind,
    lengths: [1, 2, 4, 5, 8].filter((n) => row.fits(n)),
    decode: (r, length) => (row.fits(length) ? row.decode(r) : undefined),
    encode: (w, value) => row.encode(w, value),
  }),
);

const MESSAGE_TYPES = [
  '',
  'discover',
  'offer',
  'request',
  'decline',
  'ack',
  'nak',
  'release',
  'inform',
];

const NAMED: readonly (readonly [type: number, name: string, clause: string])[] = [
  [15, 'Domain Name', 'RFC 2132 §3.17'],
  [33, 'Static Route', 'RFC 2132 §5.8'],
  [42, 'Network Time Protocol Servers', 'RFC 2132 §8.3'],
  [43, 'Vendor Specific Information', 'RFC 2132 §8.4'],
  [56, 'Message', 'RFC 2132 §9.9'],
  [60, 'Vendor Class Identifier', 'RFC 2132 §9.13'],
  [66, 'TFTP Server Name', 'RFC 2132 §9.4'],
  [67, 'Bootfile Name', 'RFC 2132 §9.5'],
  [82, 'Relay Agent Information', 'RFC 3046'],
  [119, 'Domain Search', 'RFC 3397'],
];

/** Options that nobody here acts on, shown all the same. RFC 2132 */
const SHOWN: readonly TlvRow[] = [
  ...NAMED.map(([type, name, clause]) => layoutRow({ type, name, clause }, [], 'data')),
  layoutRow({ type: 52, name: 'Option Overload', clause: 'RFC 2132 §9.3' }, [
    coded('value', 8, (n) => ['', 'file', 'sname', 'file and sname'][n] || undefined),
  ]),
  // Not by the table's row: its field `type` is the name of what every option has.
  layoutRow({ type: 53, name: 'DHCP Message Type', clause: 'RFC 2132 §9.6' }, [
    coded('messageType', 8, (n) => MESSAGE_TYPES[n] || undefined),
  ]),
  layoutRow({ type: 118, name: 'Subnet Selection', clause: 'RFC 3011' }, [
    { name: 'address', bits: 32, kind: 'ipv4' },
  ]),
  layoutRow({ type: 28, name: 'Broadcast Address', clause: 'RFC 2132 §5.3' }, [
    { name: 'address', bits: 32, kind: 'ipv4' },
  ]),
  layoutRow({ type: 80, name: 'Rapid Commit', clause: 'RFC 4039' }, []),
];

const BY_TYPE: ReadonlyMap<number, TlvRow> = new Map(
  [...WIRE, ...SHOWN].map((row) => [row.type, row]),
);

export const DHCP_OPTION_FORMAT: TlvFormat = {
  single: new Set([0]),
  end: 255,
  unit: 'octets',
  row: (type) => BY_TYPE.get(type),
  name: (type) => (type === 0 ? 'Pad' : type === 255 ? 'End' : BY_TYPE.get(type)?.name),
  rows: () => [...BY_TYPE.values()],
};
