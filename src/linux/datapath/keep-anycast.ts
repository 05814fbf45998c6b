/**
 * Anycast addresses, by membership of a socket (IPV6_JOIN_ANYCAST): the kernel takes them in, answers neighbour
 * solicitations for them without the override flag (RFC 4861 §7.2.7) and never sends from them. They go with the
 * socket, after a crash too.
 */
import { addressOctets } from '../../base/address.js';
import { keyOf } from '../../core/datapath/model.js';
import { LinuxError, linuxError } from '../error.js';
import { native, type NativeHandle, type NetNamespace } from '../native.js';
import { AF_INET6, LITTLE, SOCK_DGRAM } from '../sockaddr.js';
import type { DeviceIndex, Keeper, ObjectOf } from './keeper.js';

export class AnycastKeeper implements Keeper<ObjectOf<'anycast'>> {
  readonly #netns: NetNamespace;
  readonly #devices: DeviceIndex;
  readonly #members = new Map<string, Member>();
  #socket: NativeHandle | undefined;
  readonly present = undefined;

  constructor(netns: NetNamespace, devices: DeviceIndex) {
    this.#netns = netns;
    this.#devices = devices;
  }

  /** Throws `LinuxError`. */
  put({ item }: ObjectOf<'anycast'>): undefined {
    const index = this.#devices.indexOf(item.link);
    if (index === undefined) {
      throw new LinuxError('NETLINK', `There is no interface ${item.link}.`, { errno: 'ENODEV' });
    }
    const member = { item, index };
    this.#leave(member);
    this.#join(member);
    this.#members.set(keyOf(item), member);
  }

  remove({ item }: ObjectOf<'anycast'>): undefined {
    const member = this.#members.get(keyOf(item));
    this.#members.delete(keyOf(item));
    if (member) this.#leave(member);
    if (this.#members.size === 0) this.close();
  }

  /** The interface came up: with its going down the kernel took the routes, and keeps the membership without them. */
  again(index: number): void {
    for (const [key, member] of this.#members) {
      if (this.#devices.indexOf(member.item.link) !== index) continue;
      this.#leave(member);
      const renewed = { ...member, index };
      this.#members.set(key, renewed);
      try {
        this.#join(renewed);
      } catch {
        // it has just gone again
      }
    }
  }

  text(): string {
    return '';
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#members.clear();
  }

  #join({ item, index }: Member): void {
    try {
      this.#socket ??= native().openSocket(this.#netns, AF_INET6, SOCK_DGRAM, 0);
      this.#socket.setOption(SOL_IPV6, IPV6_JOIN_ANYCAST, membership(item.address, index));
    } catch (error) {
      throw linuxError('SOCKET', `take in ${item.address} on ${item.link}`, error);
    }
  }

  #leave({ item, index }: Member): void {
    try {
      this.#socket?.setOption(SOL_IPV6, IPV6_LEAVE_ANYCAST, membership(item.address, index));
    } catch {
      // not a member, or the interface is gone
    }
  }
}

interface Member {
  readonly item: ObjectOf<'anycast'>['item'];
  readonly index: number;
}

/** struct ipv6_mreq */
function membership(address: Member['item']['address'], index: number): Uint8Array {
  const request = new Uint8Array(20);
  request.set(addressOctets(address));
  new DataView(request.buffer).setInt32(16, index, LITTLE);
  return request;
}

const SOL_IPV6 = 41;
const IPV6_JOIN_ANYCAST = 27; // linux/in6.h
const IPV6_LEAVE_ANYCAST = 28;
