import type { Guest } from './guest.js';
import type { KernelName } from './make.js';
export function vmGuest(_: KernelName): Promise<Guest> {
  throw new Error('later');
}
