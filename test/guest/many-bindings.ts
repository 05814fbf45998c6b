/** Binding after binding installed in a home agent's datapath, and what that costs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ipv4, ipv6, type Ipv4, type Ipv6 } from '../../src/base/address.js';
import type { DatapathState } from '../../src/core/datapath/model.js';
import { AGENT6, type Bindings } from './mobile-pair.js';

/** Number `n` of up to 65,536 mobile nodes, each with addresses of both families, over IPv6. */
export function mobileNode(n: number): { home: Ipv6; home4: Ipv4; careOf: Ipv6 } {
  const low = (n + 1).toString(16);
  return {
    home: ipv6(`2001:db8:a:1::${low}`),
    home4: ipv4(`10.${64 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`),
    careOf: ipv6(`2001:db8:b:${(n & 255).toString(16)}::${low}`),
  };
}

/** Of its IPv6 home address alone, or `dual`: of both. */
export function bind(bindings: Bindings, n: number, dual: boolean): DatapathState {
  const { home, home4, careOf } = mobileNode(n);
  const attachment = { path: 'ipv6', local: AGENT6, remote: careOf } as const;
  return bindings.bind(attachment, home, dual ? home4 : null);
}

/** Lets notices be read: what waits in a socket is memory too. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** KiB of the kernel's own objects, once what it can do without is gone. */
export function kernelMemory(): number {
  writeFileSync('/proc/sys/vm/drop_caches', '3');
  const text = readFileSync('/proc/meminfo', 'latin1');
  return ['Slab', 'Percpu', 'VmallocUsed'].reduce(
    (sum, name) => sum + Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0),
    0,
  );
}
