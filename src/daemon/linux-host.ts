/** This machine, by `src/linux`. */
import type { OpenHost } from './host.js';

export const openLinuxHost: OpenHost = async (_request) => {
  throw new Error('not there');
};
