/** `struct xfrm_lifetime_cfg` and `xfrm_lifetime_cur`. */
import type { ReadOf } from './layout.js';
import type { XfrmLimits, XfrmUsage } from './model.js';
import type { XFRM_LIFETIME_CFG, XFRM_LIFETIME_CUR } from './structs.js';

type RawLimits = ReadOf<typeof XFRM_LIFETIME_CFG>;
type RawUsage = ReadOf<typeof XFRM_LIFETIME_CUR>;

/** Empty where nothing is limited, so that it can be spread. */
export function readLimits(raw: RawLimits): { readonly limits?: XfrmLimits } {
  const found = ROWS.filter(([, member, none]) => raw[member] !== none && raw[member] !== Infinity);
  if (found.length === 0) return {};
  return { limits: Object.fromEntries(found.map(([name, member]) => [name, raw[member]])) };
}

export function writeLimits(limits: XfrmLimits = {}): RawLimits {
  return Object.fromEntries(
    ROWS.map(([name, member, none]) => [member, limits[name] ?? none]),
  ) as unknown as RawLimits;
}

export const readUsage = (raw: RawUsage): XfrmUsage => ({
  bytes: raw.bytes,
  packets: raw.packets,
  addTime: raw.add_time,
  useTime: raw.use_time,
});

export const writeUsage = (usage: XfrmUsage | undefined): RawUsage | undefined =>
  usage && {
    bytes: usage.bytes,
    packets: usage.packets,
    add_time: usage.addTime,
    use_time: usage.useTime,
  };

/** A name each, and what the kernel takes for "none": `XFRM_INF`, or 0 seconds. */
const ROWS: readonly (readonly [keyof XfrmLimits, keyof RawLimits, none: number])[] = [
  ['softBytes', 'soft_byte_limit', Infinity],
  ['hardBytes', 'hard_byte_limit', Infinity],
  ['softPackets', 'soft_packet_limit', Infinity],
  ['hardPackets', 'hard_packet_limit', Infinity],
  ['softAddSeconds', 'soft_add_expires_seconds', 0],
  ['hardAddSeconds', 'hard_add_expires_seconds', 0],
  ['softUseSeconds', 'soft_use_expires_seconds', 0],
  ['hardUseSeconds', 'hard_use_expires_seconds', 0],
];
