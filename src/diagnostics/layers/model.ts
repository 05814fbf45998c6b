/** What `decodeLayers` gives and `encodeLayers` takes: plain JSON, the same both ways. `docs/decode.md` is its manual. */
import type { IpAddress } from '../../base/address.js';

/** Where the octets start. */
export const STARTS = [
  'ethernet',
  'sll',
  'sll2',
  'ipv6',
  'ipv4',
  'mh',
  'destopt',
  'rthdr',
  'icmpv6',
  'udp4191',
  'dhcp4',
  'mobility-options',
] as const;
export type Start = (typeof STARTS)[number];

export type Fields = Record<string, unknown>;

/** The layers of a packet stand side by side: together they are all of its octets, each once. */
export interface DecodedLayer {
  /** `ipv6`, `destopt`, `mh`, …; `data` for octets that nobody here splits. */
  layer: string;
  /** octets from the start of the whole */
  offset: number;
  /** octets of this layer alone, without what it carries */
  length: number;
  fields: Fields;
  /** Part of the packet that an ICMP error quotes. */
  quoted?: true;
  /** `0x…`: there when `fields` do not say all; encoding then takes it and not them. */
  octets?: string;
}

/** What the strict receiver of a layer would refuse (`refuse`) or what is odd and taken (`note`). */
export interface Issue {
  readonly code: string;
  readonly layer: string;
  readonly offset: number;
  readonly clause: string;
  readonly sentence: string;
  readonly effect: 'refuse' | 'note';
}

export interface DecodeError {
  readonly code: string;
  readonly message: string;
  readonly layer?: string;
  readonly offset?: number;
  readonly clause?: string;
}

export interface Decoded {
  /** The octets could be read to their end; `error` is there otherwise. Issues may stand in both. */
  readonly ok: boolean;
  readonly layers: readonly DecodedLayer[];
  readonly issues: readonly Issue[];
  /** Where it broke, first. */
  readonly error?: DecodeError;
}

/** Addresses of the pseudo-header, for octets that start above IP. */
export interface Endpoints {
  readonly src?: IpAddress;
  readonly dst?: IpAddress;
}

/** Ours: a packet of more layers than these is no packet. */
export const MAX_LAYERS = 64;

/** Ours: no packet of IP has more, and what is shown is a multiple of what came. */
export const MAX_OCTETS = 0x20000;

export const isStart = (text: unknown): text is Start =>
  (STARTS as readonly unknown[]).includes(text);
