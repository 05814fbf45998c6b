/**
 * Whole IP packets out of this host as they are, any source and any fault in them: for diagnosis. The kernel finds the
 * way by source and destination, and fills in identification and checksum of an IPv4 header; nothing else.
 */
import { addressFromOctets } from '../base/address.js';
import { PROTOCOL } from '../wire/protocol.js';
import { errnoName, LinuxError, linuxError } from './error.js';
import { nothingFilter } from './filter.js';
import { native, NONE, SEND, type NativeHandle, type NetNamespace } from './native.js';
import { AF_INET, AF_INET6, ipSocketAddress, SOCK_DGRAM, SOCK_RAW } from './sockaddr.js';

export interface RawSenderOptions {
  readonly netns?: NetNamespace;
  /** Leave by this interface: link-local and multicast destinations need one. */
  readonly link?: string | undefined;
}

export class RawSender {
  readonly #six: NativeHandle;
  readonly #four: NativeHandle;
  readonly #link: number;
  readonly #row = new Uint32Array(SEND.words);
  readonly #rowOctets = new Uint8Array(this.#row.buffer);

  private constructor(six: NativeHandle, four: NativeHandle, link: number) {
    this.#six = six;
    this.#four = four;
    this.#link = link;
  }

  /** Throws `LinuxError`: `PERMISSION`, `SOCKET` (`ENODEV` when there is no such interface). */
  static open({ netns = null, link }: RawSenderOptions = {}): RawSender {
    const opened: NativeHandle[] = [];
    const open = (family: number): NativeHandle => {
      const handle = native().openSocket(netns, family, SOCK_RAW, IPPROTO_RAW);
      opened.push(handle);
      return handle;
    };
    try {
      const index = link === undefined ? 0 : native().linkIndex(netns, link);
      if (link !== undefined && index === 0) {
        throw new LinuxError('SOCKET', `There is no interface ${link}.`, { errno: 'ENODEV' });
      }
      const six = open(AF_INET6);
      // The packet names its source itself, which need not be an address of this host.
      six.setOption(SOL_IPV6, IPV6_FREEBIND, 1);
      return new RawSender(six, open(AF_INET), index);
    } catch (error) {
      for (const handle of opened) handle.close();
      throw linuxError('SOCKET', 'open a raw socket', error);
    }
  }

  /** Throws `LinuxError` `SOCKET` when the kernel does not take it: no route, too large for the interface. */
  send(octets: Uint8Array): void {
    const version = octets.length > 0 ? octets[0]! >> 4 : 0;
    const layout = LAYOUTS[version];
    if (!layout || octets.length < layout.header) {
      throw new LinuxError('SOCKET', 'What is to be sent is no whole IP header.');
    }
    const source = octets.subarray(layout.source, layout.destination);
    const end = layout.destination + source.length;
    const destination = addressFromOctets(octets.subarray(layout.destination, end));
    const to = ipSocketAddress(destination, 0, this.#link);
    const row = this.#row;
    row.fill(0);
    row[SEND.length] = octets.length;
    row[SEND.trafficClass] = NONE;
    row[SEND.family] = version;
    row[SEND.link] = this.#link;
    row[SEND.nameLength] = to.length;
    this.#rowOctets.set(to, SEND.name * 4);
    this.#rowOctets.set(source, SEND.source * 4);
    const sent = (version === 6 ? this.#six : this.#four).send(octets, row, 0, 1);
    if (sent >= 0) return;
    const errno = errnoName(sent);
    const way = WAYS[errno];
    throw new LinuxError(
      'SOCKET',
      `The kernel does not send ${octets.length} octets to ${destination}: ${errno}.`,
      { errno, ...(way === undefined ? {} : { way }) },
    );
  }

  close(): void {
    this.#six.close();
    this.#four.close();
  }
}

/**
 * Keeps the kernel from telling senders that nobody listens here, while a packet socket does: it answers Mobility
 * Headers with a Parameter Problem and UDP with Port Unreachable otherwise. What another program listens to is left to it.
 */
export class QuietListener {
  readonly #handles: NativeHandle[] = [];

  static open(netns: NetNamespace, ports: readonly number[]): QuietListener {
    const listener = new QuietListener();
    listener.#listen(netns, AF_INET6, SOCK_RAW, PROTOCOL.mobility);
    for (const port of ports) listener.#listen(netns, AF_INET, SOCK_DGRAM, 0, port);
    return listener;
  }

  close(): void {
    for (const handle of this.#handles) handle.close();
  }

  #listen(netns: NetNamespace, family: number, type: number, protocol: number, port = 0): void {
    let handle: NativeHandle | undefined;
    try {
      handle = native().openSocket(netns, family, type, protocol);
      handle.filter(nothingFilter());
      if (port > 0) handle.bind(ipSocketAddress(ANY4, port));
      this.#handles.push(handle);
    } catch {
      handle?.close(); // a daemon of ours has the port: it is not quiet there, and need not be
    }
  }
}

interface Layout {
  readonly header: number;
  readonly source: number;
  readonly destination: number;
}

const LAYOUTS: Readonly<Record<number, Layout>> = {
  4: { header: 20, source: 12, destination: 16 },
  6: { header: 40, source: 8, destination: 24 },
};

const WAYS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'There is no route to it; `ip -6 route get` shows what the kernel finds.',
  EHOSTUNREACH: 'There is no route to it; `ip -6 route get` shows what the kernel finds.',
  EMSGSIZE: 'It is larger than the interface takes, and is not fragmented.',
  EINVAL: 'A link-local destination needs an interface.',
  ENODEV: 'Name an interface that is up.',
};

const ANY4 = addressFromOctets(new Uint8Array(4));
const IPPROTO_RAW = 255;
const SOL_IPV6 = 41;
const IPV6_FREEBIND = 78;
