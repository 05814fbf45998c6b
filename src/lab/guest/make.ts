/** The guest of a kind, ready to boot. Each is loaded only when it is used. */
import type { Guest, GuestKind } from './guest.js';

/** Kernels that `--kernel` names, for `vm`. */
export const KERNELS = ['6.1', '6.12'] as const;
export type KernelName = (typeof KERNELS)[number];

/** Throws `GuestError` where it cannot be had on this machine. `kernel` is for `vm`; user-mode-linux is one. */
export async function makeGuest(kind: GuestKind, kernel: KernelName | undefined): Promise<Guest> {
  switch (kind) {
    case 'uml': {
      const { umlGuest } = await import('./uml.js');
      return umlGuest();
    }
    case 'vm': {
      const { vmGuest } = await import('./vm.js');
      return vmGuest(kernel ?? '6.1');
    }
    default:
      return kind satisfies never;
  }
}
