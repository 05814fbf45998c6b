/**
 * The interface identifiers of stateless addresses: opaque ones that are the same on every visit of a network
 * (RFC 7217), or modified EUI-64 (RFC 4291 appendix A).
 */
import { eui64Address, ipv6FromOctets, ipv6Octets, type Ipv6 } from '../../base/address.js';
import type { MacAddress, Prefix } from '../../base/address.js';
import type { Sha256 } from '../digest.js';
import type { StoreEffect } from '../effect.js';
import type { LinkName } from '../input.js';
import type { Random } from '../random.js';

export type AddressGeneration = 'stable' | 'eui64';

export interface Interface {
  readonly name: LinkName;
  readonly mac: MacAddress;
}

/** `attempt` counts the addresses of this prefix that duplicate address detection has found taken. */
export type MakeAddress = (prefix: Prefix<Ipv6>, of: Interface, attempt: number) => Ipv6;

/** RFC 4862 §5.4.5 would give up after a conflict; ours: a random identifier then. */
export function eui64Addresses(random: Random): MakeAddress {
  return (prefix, { mac }, attempt) => {
    if (attempt === 0) return eui64Address(prefix.address, mac);
    const id = random.octets(8);
    id[0]! &= 0xfd; // RFC 4291 §2.5.1: not derived from a global token
    return withIdentifier(prefix.address, id);
  };
}

/**
 * RFC 7217 §5: F is SHA-256, Net_Iface the interface's name (appendix A.2), DAD_Counter the attempt. Network_ID,
 * which is optional, is left out: nothing that routers say is the same on every visit but the prefix itself.
 */
export function stableAddresses(sha256: Sha256, secret: Uint8Array): MakeAddress {
  return (prefix, { name }, attempt) => {
    for (let counter = attempt; ; counter++) {
      const id = sha256(input(prefix.address, name, counter, secret)).subarray(-8);
      if (!isReservedIdentifier(id)) return withIdentifier(prefix.address, id);
    }
  };
}

/** The secret that was kept, or a new one and what keeps it. */
export function keptSecret(
  kept: ReadonlyMap<string, string>,
  random: Random,
): { secret: Uint8Array; keep: StoreEffect | undefined } {
  const text = kept.get(SECRET_KEY);
  if (text !== undefined && SECRET.test(text)) return { secret: octetsOf(text), keep: undefined };
  const secret = random.octets(SECRET_OCTETS);
  const value = Array.from(secret, (octet) => octet.toString(16).padStart(2, '0')).join('');
  return { secret, keep: { kind: 'store', key: SECRET_KEY, value } };
}

/** RFC 5453 §3 and IANA's registry: subnet anycast, the addresses of proxy mobile IPv6 and their block. */
export function isReservedIdentifier(id: Uint8Array): boolean {
  const value = new DataView(id.buffer, id.byteOffset, 8);
  const [high, low] = [value.getUint32(0), value.getUint32(4)];
  if (high === 0 && low === 0) return true;
  if (high === 0x02005eff && low >= 0xfe000000) return true;
  return high === 0xfdffffff && low >= 0xffffff80;
}

function withIdentifier(network: Ipv6, id: Uint8Array): Ipv6 {
  const octets = ipv6Octets(network).slice();
  octets.set(id, 8);
  return ipv6FromOctets(octets);
}

/** The lengths of all but the name are fixed, so no two sets of parameters make the same octets. */
function input(network: Ipv6, name: string, counter: number, secret: Uint8Array): Uint8Array {
  const label = Uint8Array.from(name, (character) => character.charCodeAt(0) & 0xff);
  const out = new Uint8Array(8 + 4 + secret.length + label.length);
  out.set(ipv6Octets(network).subarray(0, 8));
  new DataView(out.buffer).setUint32(8, counter);
  out.set(secret, 12);
  out.set(label, 12 + secret.length);
  return out;
}

const octetsOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const SECRET_KEY = 'address secret';
const SECRET_OCTETS = 32; // RFC 7217 §5: at least 128 bits
const SECRET = /^[0-9a-f]{64}$/;
