/**
 * Keeps the kernel from answering packets that are ours to answer. A kernel without Mobile IPv6 sends a Parameter
 * Problem for a Home Address option, a type 2 routing header, a Mobility Header, and for a tunnelled packet that
 * it has no device for. So these are dropped in prerouting, after our packet socket has read them, and only when
 * sent to one of the declared signalling addresses: other tunnels of the host, and packets that it forwards, pass.
 *
 * By nftables, or by iptables in a kernel whose nftables has no `inet` family (user-mode-linux of Debian).
 */
import type { IpAddress } from '../../base/address.js';
import { LinuxError } from '../error.js';
import type { NetNamespace } from '../native.js';
import type { Outbox } from '../netlink/outbox.js';
import { IptablesGuard } from './iptables-guard.js';
import { NftGuard } from './nft-guard.js';

/** The rules by one means or the other. Every method throws `LinuxError` `NFT`. */
export interface GuardRules {
  /** Makes them for no address, replacing what a crash left. */
  prepare(): Promise<void>;
  /** `all` is what is guarded from now on: `added` and what was before, without `gone`. */
  change(
    all: readonly IpAddress[],
    added: readonly IpAddress[],
    gone: readonly IpAddress[],
  ): Promise<void>;
  /** With or without a memory of having made them. */
  remove(): Promise<void>;
  close(): void;
}

export class SignallingGuard {
  readonly #nft: GuardRules;
  readonly #iptables: GuardRules;
  #prepared: Promise<GuardRules> | undefined;
  #guarded: ReadonlySet<IpAddress> = new Set();

  /** `table` names the nftables table, and the chains of iptables. */
  constructor(netns: NetNamespace, table: string, outbox: Outbox) {
    this.#nft = new NftGuard(netns, table, outbox);
    this.#iptables = new IptablesGuard(netns, table);
  }

  /** Later calls share the first one's result. */
  async prepare(): Promise<void> {
    await this.#rules();
  }

  async guard(addresses: readonly IpAddress[]): Promise<void> {
    const wanted = new Set(addresses);
    if (wanted.size === 0 && this.#guarded.size === 0) return;
    const rules = await this.#rules();
    const added = [...wanted].filter((a) => !this.#guarded.has(a));
    const gone = [...this.#guarded].filter((a) => !wanted.has(a));
    if (added.length + gone.length > 0) await rules.change([...wanted], added, gone);
    this.#guarded = wanted;
  }

  /** With or without a memory of having made it. */
  async remove(): Promise<void> {
    await this.#prepared?.catch(() => {});
    this.#prepared = undefined;
    this.#guarded = new Set();
    await this.#nft.remove();
    await this.#iptables.remove();
  }

  close(): void {
    this.#nft.close();
    this.#iptables.close();
  }

  #rules(): Promise<GuardRules> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      this.#prepared = undefined; // the next call tries again
      throw error;
    });
    return this.#prepared;
  }

  async #prepare(): Promise<GuardRules> {
    try {
      await this.#nft.prepare();
      return this.#nft;
    } catch (byNft) {
      try {
        await this.#iptables.prepare();
        return this.#iptables;
      } catch (byIptables) {
        throw neither(byNft, byIptables);
      }
    }
  }
}

/** What nft said is what most hosts can mend. */
function neither(byNft: unknown, byIptables: unknown): unknown {
  if (!(byNft instanceof LinuxError) || !(byIptables instanceof LinuxError)) return byNft;
  if (byIptables.errno === 'ENOENT') return byNft;
  return new LinuxError('NFT', `${byNft.message} ${byIptables.message}`, { errno: byNft.errno });
}
