/** A network card of a simulated host, with its addresses and neighbours. */
import { macFromOctets, type MacAddress } from '../base/address.js';
import type { LinkName, LinkState } from '../core/input.js';
import { ETHERNET_HEADER } from '../wire/ethernet.js';
import { AddressSet } from './address-set.js';
import type { LinkPort, SimLink } from './link.js';
import type { Neighbours } from './neighbours.js';
import { macBytes } from './octets.js';

export interface InterfaceCalls {
  receive(on: Interface, frame: Uint8Array): void;
  carrierChanged(on: Interface): void;
}

export class Interface implements LinkPort {
  readonly name: LinkName;
  readonly index: number;
  readonly mac: MacAddress;
  readonly mtu: number;
  readonly addresses = new AddressSet();
  /** Taken in, and never sent from. */
  readonly anycast = new AddressSet();
  readonly #macOctets: Uint8Array;
  readonly #calls: InterfaceCalls;
  #neighbours: Neighbours | undefined;
  #link: SimLink | undefined;
  #up = false;
  #carrierUps = 0;

  constructor(name: LinkName, index: number, mac: MacAddress, mtu: number, calls: InterfaceCalls) {
    this.name = name;
    this.index = index;
    this.mac = mac;
    this.mtu = mtu;
    this.#macOctets = macBytes(mac);
    this.#calls = calls;
  }

  /** Set once, by the host that owns the interface. */
  set neighbours(neighbours: Neighbours) {
    this.#neighbours = neighbours;
  }

  get neighbours(): Neighbours {
    return this.#neighbours!;
  }

  get link(): SimLink | undefined {
    return this.#link;
  }

  /** Plugged in, and the segment has carrier. */
  get up(): boolean {
    return this.#up;
  }

  get state(): LinkState {
    return {
      name: this.name,
      index: this.index,
      up: this.#up,
      mac: this.mac,
      mtu: this.mtu,
      carrierUps: this.#carrierUps,
      addresses: this.addresses.list(),
    };
  }

  /** Unplugs from where it was first. */
  attach(link: SimLink): void {
    this.detach();
    this.#link = link;
    link.connect(this);
  }

  detach(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.disconnect(this);
  }

  carrier(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    if (up) this.#carrierUps++;
    else this.neighbours.flush();
    this.#calls.carrierChanged(this);
  }

  accepts(frame: Uint8Array): boolean {
    if ((frame[0]! & 1) !== 0) return true;
    const mac = this.#macOctets;
    for (let i = 0; i < 6; i++) if (frame[i] !== mac[i]) return false;
    return true;
  }

  receive(frame: Uint8Array): void {
    if (frame.length >= ETHERNET_HEADER) this.#calls.receive(this, frame);
  }

  /** False without carrier: the frame is lost. */
  transmit(destination: MacAddress, etherType: number, payload: Uint8Array): boolean {
    if (!this.#link || !this.#up) return false;
    const frame = new Uint8Array(ETHERNET_HEADER + payload.length);
    frame.set(macBytes(destination), 0);
    frame.set(this.#macOctets, 6);
    frame[12] = etherType >>> 8;
    frame[13] = etherType;
    frame.set(payload, ETHERNET_HEADER);
    this.#link.transmit(this, frame);
    return true;
  }
}

/** Who sent a frame. */
export const frameSource = (frame: Uint8Array): MacAddress => macFromOctets(frame, 6);
export const frameDestination = (frame: Uint8Array): MacAddress => macFromOctets(frame, 0);
