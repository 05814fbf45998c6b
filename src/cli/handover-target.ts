import { parseAddress } from '../base/address.js';
import type { HandoverParams } from '../control/api.js';

/** What was typed, as a target: a reserved word, an address, or else the name of an interface. */
export function readTarget(text: string): HandoverParams {
  switch (text) {
    case 'auto':
    case 'home':
      return { kind: text };
    case 'ipv6':
    case 'ipv4':
      return { kind: 'family', family: text === 'ipv6' ? 6 : 4 };
    default: {
      const address = parseAddress(text);
      return address === undefined ? { kind: 'link', link: text } : { kind: 'address', address };
    }
  }
}
