import { randomBytes } from 'node:crypto';
import type { Random } from '../core/random.js';

/** The kernel's. */
export const SYSTEM_RANDOM: Random = {
  octets: (n) => new Uint8Array(randomBytes(n)),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};
