/** Options that are named and measured, their data left in one piece. No role here reads them. */
import { copyOctets } from '../field.js';
import {
  ANYWHERE,
  atLeast,
  oneOf,
  type Alignment,
  type LengthRule,
  type OptionRow,
} from './row.js';

export type OpaqueKind = keyof typeof OPAQUE;
export type OpaqueOption = {
  readonly [K in OpaqueKind]: Readonly<{ kind: K; data: Uint8Array }>;
}[OpaqueKind];

/** type, name, RFC, length, alignment */
const OPAQUE = {
  contextRequest: [40, 'Context Request', 'RFC 5949', atLeast(0), ANYWHERE],
  anchorAddress: [41, 'Local Mobility Anchor Address', 'RFC 5949', atLeast(0), ANYWHERE],
  linkLocalIdentifier: [
    42,
    'Mobile Node Link-local Address Interface Identifier',
    'RFC 5949',
    atLeast(0),
    ANYWHERE,
  ],
  transientBinding: [43, 'Transient Binding', 'RFC 6058', atLeast(0), ANYWHERE],
  accessNetworkIdentifier: [52, 'Access Network Identifier', 'RFC 6757', atLeast(0), [4, 0]],
  ipv4TrafficOffload: [53, 'IPv4 Traffic Offload Selector', 'RFC 6909', atLeast(0), ANYWHERE],
  dynamicMulticastSelector: [54, 'Dynamic IP Multicast Selector', 'RFC 7028', atLeast(0), ANYWHERE],
  delegatedPrefix: [55, 'Delegated Mobile Network Prefix', 'RFC 7148', oneOf(6, 18), [8, 2]],
  qualityOfService: [58, 'Quality-of-Service', 'RFC 7222', atLeast(0), ANYWHERE],
  anchorUserPlane: [59, 'LMA User-Plane Address', 'RFC 7389', atLeast(0), ANYWHERE],
  multicastMobility: [60, 'Multicast Mobility', 'RFC 7411', atLeast(0), ANYWHERE],
  multicastAck: [61, 'Multicast Acknowledgement', 'RFC 7411', atLeast(0), ANYWHERE],
  gatewayParameters: [62, 'LMA-Controlled MAG Parameters', 'RFC 8127', atLeast(0), ANYWHERE],
  multipathBinding: [63, 'MAG Multipath-Binding', 'RFC 8278', atLeast(0), ANYWHERE],
  gatewayIdentifier: [64, 'MAG Identifier', 'RFC 8278', atLeast(0), ANYWHERE],
  anchoredPrefix: [65, 'Anchored Prefix', 'RFC 8885', atLeast(0), ANYWHERE],
  localPrefix: [66, 'Local Prefix', 'RFC 8885', atLeast(0), ANYWHERE],
  previousMaar: [67, 'Previous MAAR', 'RFC 8885', atLeast(0), ANYWHERE],
  servingMaar: [68, 'Serving MAAR', 'RFC 8885', atLeast(0), ANYWHERE],
  dlifLinkLocalAddress: [69, 'DLIF Link-Local Address', 'RFC 8885', atLeast(0), ANYWHERE],
  dlifLinkLayerAddress: [70, 'DLIF Link-Layer Address', 'RFC 8885', atLeast(0), ANYWHERE],
} as const satisfies Record<string, readonly [number, string, string, LengthRule, Alignment]>;

type Rows = { readonly [K in OpaqueKind]: OptionRow<Extract<OpaqueOption, { kind: K }>> };

export const OPAQUE_OPTIONS = Object.fromEntries(
  Object.entries(OPAQUE).map(([kind, [type, name, clause, length, align]]) => [
    kind,
    {
      type,
      kind,
      name,
      clause,
      length,
      align,
      decode: (r, octets) => ({ kind, data: copyOctets(r, octets) }),
      encode: (w, o) => void w.octets(o.data),
    } satisfies OptionRow<{ kind: string; data: Uint8Array }>,
  ]),
) as unknown as Rows;
