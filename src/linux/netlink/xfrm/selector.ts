/** `struct xfrm_selector`. ICMP and the Mobility Header have their type where others have the source port. */
import { addressOctets } from '../../../base/address.js';
import { commonFamily, prefixOf } from './address.js';
import type { XfrmPort, XfrmSelector } from './model.js';
import type { ReadOf } from './layout.js';
import type { XFRM_SELECTOR } from './structs.js';

type Raw = ReadOf<typeof XFRM_SELECTOR>;

/**
 * Undefined for one that says nothing, not even a family. `family` counts where the selector has none.
 * Throws `WireError` `WIRE_VALUE`.
 */
export function readSelector(raw: Raw, family: number): XfrmSelector | undefined {
  if (raw.family === 0 && saysNothing(raw)) return undefined;
  return readWholeSelector(raw.family === 0 ? { ...raw, family } : raw);
}

/** Throws `WireError` `WIRE_VALUE`, also for one without a family. */
export function readWholeSelector(raw: Raw): XfrmSelector {
  const { family, proto } = raw;
  const source = readPort(raw.sport, raw.sport_mask);
  const destination = readPort(raw.dport, raw.dport_mask);
  const typed = TYPED.has(proto);
  return {
    source: prefixOf(family, raw.saddr, raw.prefixlen_s),
    destination: prefixOf(family, raw.daddr, raw.prefixlen_d),
    protocol: proto,
    ...(source &&
      (typed && source.mask === WHOLE ? { type: source.value } : { sourcePort: source })),
    ...(destination &&
      (typed && destination.mask === WHOLE
        ? { code: destination.value }
        : { destinationPort: destination })),
    ...(raw.ifindex ? { link: raw.ifindex } : {}),
    ...(raw.user ? { user: raw.user } : {}),
  };
}

/** Absent: all zero. Throws `UsageError` `XFRM_FAMILY`. */
export function writeSelector(selector: XfrmSelector): Raw;
export function writeSelector(selector: XfrmSelector | undefined): Raw | undefined;
export function writeSelector(selector: XfrmSelector | undefined): Raw | undefined {
  if (!selector) return undefined;
  const { source, destination, type, code } = selector;
  const sport = type === undefined ? selector.sourcePort : { value: type, mask: WHOLE };
  const dport = code === undefined ? selector.destinationPort : { value: code, mask: WHOLE };
  return {
    saddr: addressOctets(source.address),
    daddr: addressOctets(destination.address),
    prefixlen_s: source.length,
    prefixlen_d: destination.length,
    family: commonFamily(source.address, destination.address),
    proto: selector.protocol,
    sport: sport?.value ?? 0,
    sport_mask: sport?.mask ?? 0,
    dport: dport?.value ?? 0,
    dport_mask: dport?.mask ?? 0,
    ifindex: selector.link ?? 0,
    user: selector.user ?? 0,
  };
}

const readPort = (value: number, mask: number): XfrmPort | undefined =>
  mask === 0 ? undefined : { value, mask };

function saysNothing(raw: Raw): boolean {
  const numbers = [raw.prefixlen_s, raw.prefixlen_d, raw.proto, raw.sport_mask, raw.dport_mask];
  return [...numbers, raw.ifindex, raw.user].every((n) => n === 0);
}

const WHOLE = 0xffff;
const TYPED: ReadonlySet<number> = new Set([1, 58, 135]); // ICMP, ICMPv6, Mobility Header
