/** What a kernel can do of a datapath. Found by trying (`probe-abilities.ts`), never by a version number. */

export interface Abilities {
  /** Home Address option and type 2 routing header by XFRM states under sub policies. */
  readonly mobileIpv6: boolean;
  /** `ip6tnl mode any`, and one such device for all bindings by route encapsulation. */
  readonly tunnels6: boolean;
  /** `sit mode any` */
  readonly tunnels4: boolean;
  /** GUE ports, and `sit` devices with `encap fou`. */
  readonly udpTunnels: boolean;
  /** How tunnelled packets are held to RFC 6275 §10.4.5; null: not at all. */
  readonly admission: 'nft' | 'flower' | null;
}

/** Everything in this process. */
export const USER_SPACE: Abilities = {
  mobileIpv6: false,
  tunnels6: false,
  tunnels4: false,
  udpTunnels: false,
  admission: null,
};

/** The least that the kernel datapath stands on. Tunnels in UDP fall to user space where only they are missing. */
export const canForward = (a: Abilities): boolean =>
  a.mobileIpv6 && a.tunnels6 && a.tunnels4 && a.admission !== null;
