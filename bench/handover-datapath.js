// A handover in the kernel datapath beside the userspace one, in one run under user-mode-linux: netlink requests, how long until the
// datapath is as declared, bindings installed a second.
import { inGuest } from './in-guest.js';

export default () => inGuest('uml', 'handover-datapath-inside.js', 10);
