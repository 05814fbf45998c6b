/** Multiple care-of addresses, RFC 5648, with the priority of RFC 6089 §4.1. */
import type { IpAddress } from '../../../base/address.js';
import { addressOctets } from '../../../base/address.js';
import { oneOf, type OptionRow } from './row.js';

export type Rfc5648Option = Readonly<{
  /**
   * RFC 5648 §4.3; `status` of a Binding Acknowledgement for this binding, 0 that of the message;
   * `simultaneousHome` is H; `priority` 7 bits, the lower the better, 0 when the peer knows no RFC 6089
   */
  kind: 'bindingIdentifier';
  bindingId: number;
  status: number;
  simultaneousHome: boolean;
  priority: number;
  careOf: IpAddress | null;
}>;

export const RFC5648_OPTIONS: { readonly bindingIdentifier: OptionRow<Rfc5648Option> } = {
  /** | binding id 16 | status 8 | H 1 | priority 7 | nothing, IPv4 or IPv6 care-of address | */
  bindingIdentifier: {
    type: 35,
    kind: 'bindingIdentifier',
    name: 'Binding Identifier',
    clause: 'RFC 5648 §4.3',
    length: oneOf(4, 8, 20),
    align: (length) => (length === 4 ? [2, 0] : [8, 2]),
    decode: (r, length) => {
      const bindingId = r.u16();
      const status = r.u8();
      const bits = r.u8();
      return {
        kind: 'bindingIdentifier',
        bindingId,
        status,
        simultaneousHome: (bits & 0x80) !== 0,
        priority: bits & 0x7f,
        careOf: length === 4 ? null : length === 8 ? r.ipv4() : r.ipv6(),
      };
    },
    encode: (w, o) => {
      w.u16(o.bindingId)
        .u8(o.status)
        .u8((o.simultaneousHome ? 0x80 : 0) | (o.priority & 0x7f));
      if (o.careOf !== null) w.octets(addressOctets(o.careOf));
    },
  },
};
