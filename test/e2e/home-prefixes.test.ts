/** Home prefixes on this kernel, carried by the daemons themselves. The kernel's datapath: test/guest/prefixes.guest.ts. */
import { prefixesTravel } from './prefix-travel.js';

prefixesTravel('userspace', ['ipv4', 'udp']);
