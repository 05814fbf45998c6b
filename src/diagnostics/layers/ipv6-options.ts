/** Options of IPv6 Hop-by-Hop and Destination Options headers, RFC 8200 §4.2; Home Address of RFC 6275 §6.3. */
import { DESTINATION_OPTIONS } from '../../wire/ipv6-codec.js';
import { uint } from './layout.js';
import { ipv6OptionName } from './names.js';
import { layoutRow, wireRow, type TlvFormat, type TlvRow } from './tlv.js';

const SHARED: readonly TlvRow[] = [
  layoutRow({ type: 1, name: 'PadN', clause: 'RFC 8200 §4.2' }, [], 'data'),
  layoutRow({ type: 4, name: 'Tunnel Encapsulation Limit', clause: 'RFC 2473 §4.1.1' }, [
    uint('limit', 8),
  ]),
  layoutRow({ type: 5, name: 'Router Alert', clause: 'RFC 2711 §2.1' }, [uint('value', 16)]),
  layoutRow({ type: 194, name: 'Jumbo Payload', clause: 'RFC 2675 §2' }, [
    uint('payloadLength', 32),
  ]),
];

const { homeAddress } = DESTINATION_OPTIONS;
const HOME_ADDRESS = wireRow(homeAddress, {
  kind: 'homeAddress',
  lengths: [homeAddress.length],
  decode: (r, length) => (length === homeAddress.length ? homeAddress.decode(r) : undefined),
  encode: (w, value) => homeAddress.encode(w, value),
});

const format = (rows: readonly TlvRow[]): TlvFormat => {
  const byType = new Map(rows.map((row) => [row.type, row]));
  return {
    single: new Set([0]),
    unit: 'octets',
    row: (type) => byType.get(type),
    name: ipv6OptionName,
    rows: () => rows,
  };
};

/** The Home Address option exists in Destination Options only. */
export const HOP_BY_HOP_OPTIONS = format(SHARED);
export const DESTINATION_OPTION_FORMAT = format([...SHARED, HOME_ADDRESS]);
export const HOME_ADDRESS_OPTION = homeAddress.type;
