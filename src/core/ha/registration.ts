/**
 * A Binding Update as a home agent reads it, and the binding that it makes.
 *
 * Spec: RFC 6275 §9.5.1 (which address is which), §10.3.1 (lifetime, addresses defended); RFC 5555 §4.2.
 */
import {
  ipv6FromOctets,
  ipv6Octets,
  type IpAddress,
  type Ipv4,
  type Ipv6,
} from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import { BU_FLAG } from '../../wire/mobility/flag.js';
import type { BindingUpdate } from '../../wire/mobility/message.js';
import { findOption, type MobilityOption, type OptionOf } from '../../wire/mobility/option.js';
import type { MobilityIngress } from '../ingress.js';
import type { Arrival, LinkName } from '../input.js';
import { bindingItems } from './datapath.js';
import type { Attachment, HomeBinding } from './home-binding.js';
import type { Ipv4Home } from './ipv4-home-pool.js';
import { detectNat } from './nat-detection.js';
import type { HomeAgentOptions } from './options.js';

export interface RegistrationRequest {
  readonly homeAddress: Ipv6;
  /** The address of ours that it came to. */
  readonly agent: Ipv6;
  /** Source of the IPv6 header, which the answer goes to. RFC 6275 §9.5.4 */
  readonly packetSource: Ipv6;
  readonly homeAddressOption: boolean;
  /** To be bound. Null when the update came in UDP and does not name its IPv4 care-of address. */
  readonly careOf: IpAddress | null;
  readonly deregistration: boolean;
  readonly sequence: number;
  readonly flags: number;
  /** seconds asked for */
  readonly lifetime: number;
  readonly options: readonly MobilityOption[];
  readonly link: LinkName;
  readonly arrival: Arrival;
}

export interface HomeLink {
  readonly link: LinkName;
  readonly prefixLength: number;
}

export const isBindingUpdate = (
  ingress: MobilityIngress,
): ingress is MobilityIngress & { readonly message: BindingUpdate } =>
  ingress.message.kind === 'bindingUpdate';

export function readRequest(
  ingress: MobilityIngress & { readonly message: BindingUpdate },
): RegistrationRequest {
  const { message, received } = ingress;
  const { arrival, link } = received;
  const { options, sequence, flags, lifetime } = message;
  // RFC 5555 §4.2: in UDP the inner source is the home address, and the care-of address is in its own option.
  const careOf =
    arrival.kind === 'udp'
      ? (findOption(options, 'ipv4CareOf')?.address ?? null)
      : (findOption(options, 'alternateCareOf')?.address ?? ingress.careOf);
  return {
    homeAddress: ingress.source,
    agent: ingress.destination,
    packetSource: ingress.careOf,
    homeAddressOption: ingress.homeAddressOption,
    careOf,
    // RFC 3963 §6.2 says for every registration what RFC 6275 takes for granted: at home there is nothing to bind.
    // Out of a tunnel the source says nothing of where the mobile node is.
    deregistration: lifetime === 0 || (arrival.kind === 'native' && careOf === ingress.source),
    sequence,
    flags,
    lifetime,
    options,
    link,
    arrival,
  };
}

/** An admitted request as a cache entry, for `longest` seconds at most. `previous` lends what stays as it is. */
export function makeBinding(
  request: RegistrationRequest & { readonly careOf: IpAddress },
  home: HomeLink,
  ipv4: Ipv4Home,
  options: HomeAgentOptions,
  longest: number,
  previous: HomeBinding | undefined,
  now: Instant,
): HomeBinding {
  const { homeAddress, agent, careOf, sequence, flags } = request;
  const lifetime = grantLifetime(request.lifetime, longest);
  const attachment = attach(request, options);
  const { address: homeAddress4, prefix: homePrefix4 } = ipv4;
  return {
    homeAddress,
    homeAddress4,
    homePrefix4,
    agent,
    careOf,
    flags,
    sequence,
    lifetime,
    expiresAt: after(now, seconds(lifetime)),
    link: home.link,
    linkLocal: defendedLinkLocal(homeAddress, home, flags),
    attachment,
    items: bindingItems({ homeAddress, homeAddress4, homePrefix4, attachment }, previous?.items),
  };
}

/** RFC 6275 §10.3.1: never more than asked for. Steps of 4 s, RFC 6275 §6.1.7. */
export function grantLifetime(requested: number, most: number): number {
  return Math.floor(Math.min(requested, most) / 4) * 4;
}

/** RFC 6275 §10.3.1: the home address with its subnet prefix replaced by the link-local one, when L is set. */
export function defendedLinkLocal(homeAddress: Ipv6, home: HomeLink, flags: number): Ipv6 | null {
  if ((flags & BU_FLAG.linkLocal) === 0) return null;
  const octets = new Uint8Array(16);
  const prefixLength = Math.max(home.prefixLength, LINK_LOCAL_PREFIX_LENGTH);
  for (const [i, octet] of ipv6Octets(homeAddress).entries()) {
    const prefixBits = Math.min(8, Math.max(0, prefixLength - 8 * i));
    octets[i] = octet & (0xff >> prefixBits);
  }
  octets.set([0xfe, 0x80]);
  return ipv6FromOctets(octets);
}

/** The NAT Detection option that answers this request, suggesting `refresh` seconds behind a NAT; undefined when it did not come in UDP. RFC 5555 §4.2 */
export function natOption(
  request: RegistrationRequest,
  options: HomeAgentOptions,
  refresh: number,
): OptionOf<'natDetection'> | undefined {
  return natFinding(request, options, refresh)?.option;
}

function attach(
  request: RegistrationRequest & { readonly careOf: IpAddress },
  options: HomeAgentOptions,
): Attachment {
  const finding = natFinding(request, options, options.natRefresh);
  if (finding) return finding.attachment;
  return { path: 'ipv6', local: request.agent, remote: request.careOf as Ipv6 };
}

function natFinding(
  { arrival, careOf, flags }: RegistrationRequest,
  options: HomeAgentOptions,
  refresh: number,
) {
  if (arrival.kind !== 'udp') return undefined;
  const asked = options.acceptForceUdp && (flags & BU_FLAG.forceUdp) !== 0;
  return detectNat(arrival, careOf as Ipv4 | null, options.forceUdp || asked, refresh);
}

const LINK_LOCAL_PREFIX_LENGTH = 64; // RFC 4291 §2.5.6: the 54 bits after fe80::/10 are zero
