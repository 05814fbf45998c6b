/** Signalling frames of one interface, both ways, for programs that are no daemon: neighbour discovery, ARP, DHCP. */
import { macFromOctets, macOctets, type MacAddress } from '../base/address.js';
import type { FrameEffect } from '../core/effect.js';
import type { LinkName, ReceivedFrame } from '../core/input.js';
import { Capture, type CapturedFrame } from './capture.js';
import { errnoName, LinuxError, linuxError } from './error.js';
import { nothingFilter, signallingFilter } from './filter.js';
import { native, NONE, SEND, type NativeHandle, type NetNamespace } from './native.js';
import { AF_PACKET, LITTLE, linkSocketAddress, SOCK_DGRAM } from './sockaddr.js';

export class FrameExchange {
  readonly link: LinkName;
  readonly mac: MacAddress;
  readonly #index: number;
  readonly #out: NativeHandle;
  readonly #capture: Capture;

  /** Throws `LinuxError`; `ENODEV` when there is no such interface, `SOCKET` also where it is no Ethernet. */
  constructor(link: LinkName, onFrame: (frame: ReceivedFrame) => void, netns: NetNamespace = null) {
    this.link = link;
    // First, as it says so when there is no such interface.
    const capture = Capture.open(
      { netns, link, filter: signallingFilter({ tunnels: 'all', udpPort: null }) },
      (frame) => {
        const received = toReceived(frame);
        if (received) onFrame(received);
      },
    );
    let out: NativeHandle | undefined;
    try {
      this.#index = native().linkIndex(netns, link);
      out = native().openSocket(netns, AF_PACKET, SOCK_DGRAM, 0);
      out.filter(nothingFilter());
      out.bind(linkSocketAddress(this.#index, 0));
      this.mac = ethernetAddress(link, out.address());
    } catch (error) {
      out?.close();
      capture.close();
      throw linuxError('SOCKET', `open ${link}`, error);
    }
    this.#capture = capture;
    this.#out = out;
  }

  /** Throws `LinuxError`, `ENETDOWN` when the interface is down. */
  send({ etherType, destination, payload }: FrameEffect): void {
    const row = new Uint32Array(SEND.words);
    const to = linkSocketAddress(this.#index, etherType, macOctets(destination));
    row[SEND.length] = payload.length;
    row[SEND.trafficClass] = NONE;
    row[SEND.nameLength] = to.length;
    new Uint8Array(row.buffer).set(to, SEND.name * 4);
    const sent = this.#out.send(payload, row, 0, 1);
    if (sent >= 0) return;
    const errno = errnoName(sent);
    throw new LinuxError('SOCKET', `${this.link} does not take a frame: ${errno}.`, {
      errno,
      ...(errno === 'ENETDOWN' ? { way: `\`ip link set ${this.link} up\` brings it up.` } : {}),
    });
  }

  close(): void {
    this.#capture.close();
    this.#out.close();
  }
}

function toReceived(frame: CapturedFrame): ReceivedFrame | undefined {
  const { octets, link, direction, linkType, checksumDeferred } = frame;
  if (direction !== 'in' || linkType !== 'ethernet' || octets.length < HEADER) return undefined;
  return {
    link,
    destination: macFromOctets(octets, 0),
    source: macFromOctets(octets, 6),
    etherType: (octets[12]! << 8) | octets[13]!,
    payload: octets.subarray(HEADER),
    checksumDeferred,
  };
}

/** From struct sockaddr_ll, as getsockname(2) gives it. */
function ethernetAddress(link: LinkName, name: Uint8Array): MacAddress {
  const hardware = new DataView(name.buffer, name.byteOffset).getUint16(8, LITTLE);
  if (hardware !== ARPHRD_ETHER || name[11] !== 6) {
    throw new LinuxError('SOCKET', `${link} is no Ethernet interface: it has no ARP and no DHCP.`);
  }
  return macFromOctets(name, 12);
}

const HEADER = 14;
const ARPHRD_ETHER = 1;
