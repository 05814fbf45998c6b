/**
 * A netlink socket of ours under the `netlink` package: in any namespace, with a large receive buffer and extended
 * acknowledgements. An overrun is the event `overrun`, and the socket goes on (the package's own aborts the process).
 *
 * Messages leave through an outbox, at the end of the turn. The kernel answers requests inside sendmsg(2), so the
 * answers are fetched right after it, and a chain of requests costs no trip through the poll.
 */
import { EventEmitter } from 'node:events';
import type { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { errnoName, LinuxError, linuxError } from '../error.js';
import { native, NONE, RECEIVE, SEND, type NativeHandle, type NetNamespace } from '../native.js';
import { Outbox, type Sender } from './outbox.js';
import { AF_NETLINK, LITTLE, netlinkSocketAddress, SOCK_RAW } from '../sockaddr.js';

export class NetlinkTransport extends EventEmitter implements Sender {
  readonly #handle: NativeHandle;
  readonly #outbox: Outbox;
  readonly #port: number;
  readonly #slots = new Uint8Array(SLOTS * SLOT_SIZE);
  readonly #received = new Uint32Array(SLOTS * RECEIVE.words);
  readonly #row = new Uint32Array(SEND.words);
  #closed = false;

  /** `protocol` is NETLINK_ROUTE (0) or another family. Throws `LinuxError`. */
  constructor(netns: NetNamespace, protocol: number, outbox = new Outbox()) {
    super();
    this.#outbox = outbox;
    try {
      this.#handle = native().openSocket(netns, AF_NETLINK, SOCK_RAW, protocol);
      this.#handle.bind(netlinkSocketAddress(0));
    } catch (error) {
      throw linuxError('SOCKET', 'open a netlink socket', error);
    }
    const name = this.#handle.address();
    this.#port = new DataView(name.buffer).getUint32(4, LITTLE);
    if (!this.#try(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)) {
      this.#try(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    }
    this.#try(SOL_NETLINK, NETLINK_EXT_ACK, 1);
    this.#try(SOL_NETLINK, NETLINK_CAP_ACK, 1);
    this.#try(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
    this.#handle.poll((errno) => (errno === 0 ? this.#drain() : this.#failed(errno)));
  }

  /** What `NetlinkSocket` of the package takes: it calls only the members that this class has. */
  asRawSocket(): RawNetlinkSocket {
    return this as unknown as RawNetlinkSocket;
  }

  send(
    message: Uint8Array | Uint8Array[],
    _options?: unknown,
    callback?: (error?: Error) => void,
  ): void {
    const octets = message instanceof Uint8Array ? message : Buffer.concat(message);
    this.#outbox.queue(this, octets, (sent) => {
      if (!callback) return;
      if (sent === 0) return queueMicrotask(callback);
      const errno = errnoName(sent);
      const error = new LinuxError('NETLINK', `Cannot send to netlink: ${errno}.`, { errno });
      queueMicrotask(() => callback(error));
    });
  }

  /** For the outbox, and for whoever has flushed it; others `send`. */
  transmit(octets: Uint8Array): number {
    const row = this.#row;
    row.fill(0);
    row[SEND.length] = octets.length;
    row[SEND.trafficClass] = NONE;
    const sent = this.#closed ? -EBADF : this.#handle.send(octets, row, 0, 1);
    if (sent < 0) return -sent;
    this.#drain();
    return 0;
  }

  address(): { port: number; groups: number } {
    return { port: this.#port, groups: 0 };
  }

  /** Before any membership: what it does not let pass never reaches the queue. */
  filter(program: Uint8Array): void {
    this.#handle.filter(program);
  }

  addMembership(group: number): void {
    this.#handle.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
  }

  dropMembership(group: number): void {
    this.#handle.setOption(SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, group);
  }

  ref(): void {
    if (!this.#closed) this.#handle.ref(true);
  }

  unref(): void {
    if (!this.#closed) this.#handle.ref(false);
  }

  /** Hands over what has arrived so far, without waiting for the event loop. */
  receive(): void {
    this.#drain();
  }

  close(): void {
    if (this.#closed) return;
    this.#outbox.flush(); // what was asked for is done, though nobody hears the answer
    this.#closed = true;
    this.#handle.close();
    this.emit('close');
  }

  #drain(): void {
    while (!this.#closed) {
      const got = this.#handle.receive(this.#slots, SLOT_SIZE, 0, this.#received, SLOTS);
      if (got < 0) return this.#failed(-got);
      for (let i = 0; i < got && !this.#closed; i++) {
        const length = this.#received[i * RECEIVE.words + RECEIVE.length]!;
        // sockaddr_nl: any process may send to a netlink port; 0 is the kernel.
        if (this.#received[i * RECEIVE.words + RECEIVE.name + 1] !== 0) continue;
        if (this.#received[i * RECEIVE.words + RECEIVE.flags]! & MSG_TRUNC) {
          this.emit('overrun');
          continue;
        }
        // Parsed attributes are views that outlive the slot.
        const copy = Buffer.from(this.#slots.subarray(i * SLOT_SIZE, i * SLOT_SIZE + length));
        this.emit('message', copy, { port: 0, groups: 0 });
      }
      if (got < SLOTS) return;
    }
  }

  #failed(errno: number): void {
    if (this.#closed) return;
    if (errno === ENOBUFS) {
      this.emit('overrun');
      this.#drain();
    } else
      this.emit(
        'error',
        linuxError('NETLINK', 'receive from netlink', new Error(errnoName(errno))),
      );
  }

  #try(level: number, name: number, value: number): boolean {
    try {
      this.#handle.setOption(level, name, value);
      return true;
    } catch {
      return false; // older kernels, or no CAP_NET_ADMIN for the large buffer
    }
  }
}

const SLOTS = 4;
const SLOT_SIZE = 65536; // the kernel fills up to 32 kB a datagram of a dump
const RECEIVE_BUFFER = 8 << 20; // ours: room for some 20,000 notices
const EBADF = 9;
const ENOBUFS = 105;
const MSG_TRUNC = 0x20;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_DROP_MEMBERSHIP = 2;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
