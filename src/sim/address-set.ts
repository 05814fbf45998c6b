/** The addresses of one link of a host. One may have several owners and stays until the last lets go. */
import type { IpAddress } from '../base/address.js';

export class AddressSet {
  readonly #byAddress = new Map<IpAddress, Assigned>();

  /** True when it is new. */
  assign(address: IpAddress, prefixLength: number, owner: string): boolean {
    const known = this.#byAddress.get(address);
    if (known) {
      known.owners.add(owner);
      return false;
    }
    this.#byAddress.set(address, { prefixLength, owners: new Set([owner]) });
    return true;
  }

  /** True when it is gone. */
  withdraw(address: IpAddress, owner: string): boolean {
    const known = this.#byAddress.get(address);
    if (!known?.owners.delete(owner) || known.owners.size > 0) return false;
    return this.#byAddress.delete(address);
  }

  has(address: IpAddress): boolean {
    return this.#byAddress.has(address);
  }

  prefixLength(address: IpAddress): number | undefined {
    return this.#byAddress.get(address)?.prefixLength;
  }

  [Symbol.iterator](): Iterator<IpAddress> {
    return this.#byAddress.keys();
  }

  list(): { readonly address: IpAddress; readonly prefixLength: number }[] {
    const out = [];
    for (const [address, a] of this.#byAddress) out.push({ address, prefixLength: a.prefixLength });
    return out;
  }
}

interface Assigned {
  readonly prefixLength: number;
  readonly owners: Set<string>;
}
