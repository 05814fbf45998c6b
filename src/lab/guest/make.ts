/** The guest of a kind, ready to boot. Each is loaded only when it is used. */
import type { KernelName } from './debian-kernel.js';
import type { Guest, GuestKind } from './guest.js';

/** Throws `GuestError` where it cannot be had on this machine. `kernel` is for `vm`; user-mode-linux is one. */
export async function makeGuest(
  kind: GuestKind,
  kernel: KernelName | undefined,
  say: (sentence: string) => void,
): Promise<Guest> {
  switch (kind) {
    case 'uml': {
      const { umlGuest } = await import('./uml.js');
      return umlGuest();
    }
    case 'vm': {
      const { vmGuest } = await import('./vm.js');
      return vmGuest(kernel ?? '6.1', say);
    }
    default:
      return kind satisfies never;
  }
}
