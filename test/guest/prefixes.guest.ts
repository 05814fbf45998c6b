/** Home prefixes where the kernel makes and checks Mobile IPv6 headers, and has the tunnels. */
import { prefixesTravel } from '../e2e/prefix-travel.js';

// In UDP it is this process that carries where a kernel has no `encap fou`: that is in test/e2e.
prefixesTravel('kernel', ['ipv4']);
