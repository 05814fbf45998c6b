import { createHash } from 'node:crypto';
import type { Sha256 } from '../core/digest.js';

export const SYSTEM_SHA256: Sha256 = (octets) => {
  const digest = createHash('sha256').update(octets).digest();
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
};
