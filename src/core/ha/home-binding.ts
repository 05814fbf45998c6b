/**
 * A Binding Cache entry of a home registration: what RFC 6275 §9.1 lists, and where the tunnel ends.
 *
 * RFC 5555 §4.5 counts a binding for each home address, IPv6 and IPv4. They live and end together, so one entry
 * holds both.
 */
import type { IpAddress, Ipv4, Ipv6, Prefix } from '../../base/address.js';
import type { CacheEntry } from '../binding/binding-cache.js';
import type { DatapathItem } from '../datapath/model.js';
import type { LinkName } from '../input.js';

/** The outer ends of the tunnel to the mobile node. `local` is the address that its Binding Update came to. */
export type Attachment = Readonly<
  | { path: 'ipv6'; local: Ipv6; remote: Ipv6 }
  | { path: 'ipv4'; local: Ipv4; remote: Ipv4 }
  /** `remote` and `remotePort` are what arrived: behind a NAT they are not the mobile node's own. */
  | { path: 'udp'; local: Ipv4; localPort: number; remote: Ipv4; remotePort: number; nat: boolean }
>;

export interface HomeBinding extends CacheEntry {
  readonly homeAddress4: Ipv4 | null;
  /** RFC 5555 §3.1.1, P. `homeAddress4` may lie in it. */
  readonly homePrefix4: Prefix<Ipv4> | null;
  /** The address of ours that the mobile node registers at. */
  readonly agent: Ipv6;
  /** As the mobile node names it; behind a NAT a private address. */
  readonly careOf: IpAddress;
  /** `BU_FLAG` bits of the last Binding Update. */
  readonly flags: number;
  readonly sequence: number;
  /** seconds granted, a multiple of 4 */
  readonly lifetime: number;
  /** The home link, and the link-local address defended there when L was set. RFC 6275 §10.3.1 */
  readonly link: LinkName;
  readonly linkLocal: Ipv6 | null;
  readonly attachment: Attachment;
  /** Declared for this binding. The same objects until one of their fields must change. */
  readonly items: readonly DatapathItem[];
}
