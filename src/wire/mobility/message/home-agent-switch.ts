import type { Ipv6 } from '../../../base/address.js';
import { reservedBits, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 5142 §4: the home agent sends its mobile node to others; without addresses it is to discover one. At most
 * 127 of them fit.
 */
export interface HomeAgentSwitch extends WithOptions, Reserved {
  readonly kind: 'homeAgentSwitch';
  readonly addresses: readonly Ipv6[];
}

/** | number of addresses 8 | reserved 8 | address 128 | … | */
export const HOME_AGENT_SWITCH: MessageRow<HomeAgentSwitch> = {
  type: 12,
  kind: 'homeAgentSwitch',
  name: 'Home Agent Switch',
  clause: 'RFC 5142 §4',
  size: 8,
  minHeaderLength: 0,
  decode: (r, options) => {
    const count = r.u8();
    const reserved = reservedBits(r.u8());
    const addresses = Array.from({ length: count }, () => r.ipv6());
    return { kind: 'homeAgentSwitch', ...reserved, addresses, options };
  },
  encode: (w, m) => {
    w.u8(m.addresses.length).u8(m.reserved ?? 0);
    for (const address of m.addresses) w.ipv6(address);
  },
};
