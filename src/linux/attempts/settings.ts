/** Kernel settings: whether they are there, and take what is written. */
import { LinuxError } from '../error.js';
import { readSetting, writeSetting } from '../sysctl.js';
import type { Attempt } from './bench.js';

/** Each of `keys`, below /proc/sys/net, is set to `value` and read back. */
export const settable =
  (keys: readonly string[], value: string): Attempt =>
  ({ netns }) => {
    const stuck = keys.filter(
      (key) => !writeSetting(netns, key, value) || readSetting(netns, key) !== value,
    );
    if (stuck.length === 0) return Promise.resolve();
    const names = stuck.map((key) => `net.${key.replaceAll('/', '.')}`).join(', ');
    return Promise.reject(new LinuxError('SYSCTL', `Cannot set ${names} to ${value}.`));
  };
