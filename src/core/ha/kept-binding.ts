/**
 * Bindings in the store: `bc <home address>` and a JSON value. What is kept is the lifetime granted, not what is
 * left of it: monotonic time does not survive a restart, so after one the lifetime runs anew, and a mobile node
 * that is gone keeps its place for at most one lifetime more.
 */
import {
  isIpv6,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parsePrefix,
  formatPrefix,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import type { Attachment, HomeBinding } from './home-binding.js';

export interface KeptBinding {
  readonly homeAddress: Ipv6;
  readonly homeAddress4: Ipv4 | null;
  readonly homePrefix4: Prefix<Ipv4> | null;
  /** Null in what earlier versions have written. */
  readonly agent: Ipv6 | null;
  readonly careOf: IpAddress;
  readonly flags: number;
  readonly sequence: number;
  readonly lifetime: number;
  readonly attachment: Attachment;
}

export const KEPT_PREFIX = 'bc ';
export const keptKey = (homeAddress: Ipv6): string => `${KEPT_PREFIX}${homeAddress}`;

export function keepBinding(binding: HomeBinding): string {
  const { homeAddress4, homePrefix4, agent, careOf, flags, sequence, lifetime, attachment } =
    binding;
  const prefix = homePrefix4 ? { homePrefix4: formatPrefix(homePrefix4) } : {};
  return JSON.stringify({
    homeAddress4,
    ...prefix,
    agent,
    careOf,
    flags,
    sequence,
    lifetime,
    attachment,
  });
}

/** Undefined for what no version of ours has written. */
export function readKept(key: string, value: string): KeptBinding | undefined {
  const homeAddress = parseIpv6(key.slice(KEPT_PREFIX.length));
  const fields = parseObject(value);
  if (!homeAddress || !fields) return undefined;
  const { careOf, flags, sequence, lifetime, homeAddress4, homePrefix4 = null } = fields;
  const address = typeof careOf === 'string' ? parseAddress(careOf) : undefined;
  const address4 = homeAddress4 === null ? null : ipv4Of(homeAddress4);
  const prefix4 = homePrefix4 === null ? null : prefix4Of(homePrefix4);
  const attachment = readAttachment(fields['attachment']);
  if (!address || address4 === undefined || prefix4 === undefined || !attachment) return undefined;
  if (!isWhole(flags, 0xffff) || !isWhole(sequence, 0xffff) || !isWhole(lifetime, MAX_LIFETIME)) {
    return undefined;
  }
  return {
    homeAddress,
    homeAddress4: address4,
    homePrefix4: prefix4,
    agent: ipv6Of(fields['agent']) ?? null,
    careOf: address,
    flags,
    sequence,
    lifetime,
    attachment,
  };
}

function readAttachment(value: unknown): Attachment | undefined {
  if (!isObject(value)) return undefined;
  const { path, local, remote, localPort, remotePort, nat } = value;
  if (path === 'ipv6') {
    const ends = [ipv6Of(local), ipv6Of(remote)] as const;
    return ends[0] && ends[1] && { path, local: ends[0], remote: ends[1] };
  }
  const [from, to] = [ipv4Of(local), ipv4Of(remote)];
  if (!from || !to) return undefined;
  if (path === 'ipv4') return { path, local: from, remote: to };
  if (path !== 'udp' || typeof nat !== 'boolean') return undefined;
  if (!isWhole(localPort, 0xffff) || !isWhole(remotePort, 0xffff)) return undefined;
  return { path, local: from, localPort, remote: to, remotePort, nat };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // a store that was cut short
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isWhole = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;

const ipv4Of = (value: unknown): Ipv4 | undefined =>
  typeof value === 'string' ? parseIpv4(value) : undefined;
function prefix4Of(value: unknown): Prefix<Ipv4> | undefined {
  const prefix = typeof value === 'string' ? parsePrefix(value) : undefined;
  return prefix && !isIpv6(prefix.address) ? (prefix as Prefix<Ipv4>) : undefined;
}
function ipv6Of(value: unknown): Ipv6 | undefined {
  const address = typeof value === 'string' ? parseAddress(value) : undefined;
  return address && isIpv6(address) ? address : undefined;
}

const MAX_LIFETIME = 262140; // RFC 6275 §6.1.7: 65535 units of 4 s
