/**
 * The TUN device that home addresses live on. It goes away with the process that made it.
 */
import { HEADROOM } from '../../core/datapath/forwarder.js';
import { linuxError } from '../error.js';
import { MAX_BATCH, native, type NativeHandle, type NetNamespace } from '../native.js';
import type { RtNetlink } from '../netlink/rtnetlink.js';
import type { Sysctls } from '../sysctl.js';
import { OFFLOAD_HEADER } from './offload.js';

export interface TunnelDeviceOptions {
  readonly netns: NetNamespace;
  readonly name: string;
  /** octets */
  readonly mtu: number;
}

export class TunnelDevice {
  readonly name: string;
  readonly index: number;
  /** What the last `read` brought: slot i has an offload header at `i * slotSize + HEADROOM`, then the packet. */
  readonly buffer: Uint8Array;
  readonly slotSize: number;
  readonly lengths = new Uint32Array(MAX_BATCH);
  /** Settled when the device is up. */
  readonly ready: Promise<void>;
  readonly #handle: NativeHandle;

  /** Requests go out in order on `requests`, so what follows there finds the device up. Throws `LinuxError` `TUN`. */
  constructor(options: TunnelDeviceOptions, requests: RtNetlink, sysctls: Sysctls) {
    const { netns, name, mtu } = options;
    try {
      this.#handle = native().openTun(netns, name, IFF_VNET_HDR);
    } catch (error) {
      const { code } = error as { code?: string };
      throw linuxError('TUN', `make the tunnel device ${name}`, error, WAYS[code ?? '']);
    }
    this.name = name;
    this.index = native().linkIndex(netns, name);
    this.slotSize = HEADROOM + OFFLOAD_HEADER + Math.max(mtu, LEAST_SLOT);
    this.buffer = new Uint8Array(MAX_BATCH * this.slotSize);
    sysctls.write(`ipv6/conf/${name}/disable_ipv6`, '0');
    sysctls.write(`ipv6/conf/${name}/addr_gen_mode`, '1'); // no link-local address: there is no link
    sysctls.write(`ipv6/conf/${name}/accept_ra`, '0');
    // Loose: what comes out of the tunnel is from anywhere, and strict filtering by `all` is then loose here too.
    sysctls.write(`ipv4/conf/${name}/rp_filter`, '2');
    this.ready = requests.setLink(this.index, { mtu, txqlen: QUEUE, up: true });
    this.ready.catch(() => {}); // whoever applies awaits it
  }

  poll(call: (errno: number) => void): void {
    this.#handle.poll(call);
  }

  /** How many packets; 0 none, negative when the device is gone. */
  read(): number {
    return this.#handle.read(this.buffer, this.slotSize, HEADROOM, this.lengths, MAX_BATCH);
  }

  /** Rows of offset and length in `buffer`, the offload header before each packet included. Returns how many the kernel took. */
  write(buffer: Uint8Array, table: Uint32Array, count: number): number {
    return this.#handle.write(buffer, table, count);
  }

  close(): void {
    this.#handle.close();
  }
}

const WAYS: Readonly<Record<string, string>> = {
  ENOENT: 'Load the driver with `modprobe tun`, or give the container /dev/net/tun.',
  EBUSY: 'Another process holds a device of that name; choose another name or stop it.',
};
const IFF_VNET_HDR = 0x4000;
const LEAST_SLOT = 2048; // ours, octets: room should someone raise the MTU a little
const QUEUE = 1000; // ours, packets, as Ethernet devices have
