/** May this process do what a Mobile IPv6 node does? Root has nothing to do with it: capabilities(7). */
import { readFileSync } from 'node:fs';
import { DaemonError } from './error.js';

/** Throws `DaemonError` `NO_CAPABILITY`. `status` is the text of /proc/self/status. */
export function requirePrivileges(
  status: string = readFileSync('/proc/self/status', 'utf8'),
): void {
  const missing = missingCapabilities(status);
  if (missing.length === 0) return;
  throw new DaemonError(
    'NO_CAPABILITY',
    `The daemon needs ${missing.join(' and ')}. Run it as root, or give it the capabilities: "systemd-run -p AmbientCapabilities=\\"CAP_NET_ADMIN CAP_NET_RAW\\" …".`,
  );
}

export function missingCapabilities(status: string): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return Object.entries(NEEDED)
    .filter(([, bit]) => (effective & (1n << bit)) === 0n)
    .map(([name]) => name);
}

/** linux/capability.h */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_NET_RAW: 13n } as const;
