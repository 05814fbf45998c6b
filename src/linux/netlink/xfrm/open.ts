/** The netlink family of XFRM, which a kernel may lack. */
import { LinuxError } from '../../error.js';

export const NETLINK_XFRM = 6;

/** What `open` throws, with the way out where the kernel has no such family. */
export function withXfrm<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof LinuxError) || error.errno !== 'EPROTONOSUPPORT') throw error;
    throw new LinuxError('NETLINK', error.message, {
      errno: error.errno,
      way: 'This kernel has no XFRM over netlink (CONFIG_XFRM_USER): load the module xfrm_user.',
    });
  }
}
