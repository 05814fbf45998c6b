// 20,000 bindings of an IPv6 home address in a home agent's kernel datapath on a stock kernel in QEMU: memory of the kernel a binding,
// and the last thousand beside the first. For scale, the C implementation: 54 KB a binding, 40 a second at 1,000 and falling.
import { inGuest } from './in-guest.js';

export default () => inGuest('vm', 'bindings-inside.js', 30);
