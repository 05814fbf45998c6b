/**
 * A mobile node and its home agent on one cable, each with a Linux world, told what their roles declare. A packet goes
 * there and back through the tunnel on sockets of this process: to start a program takes a guest kernel long.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipv4, ipv6, type IpAddress, type Ipv4, type Ipv6 } from '../../src/base/address.js';
import type { DatapathItem, DatapathState } from '../../src/core/datapath/model.js';
import type { MipEvent } from '../../src/core/event.js';
import { bindingItems, DeclaredItems, signallingItem } from '../../src/core/ha/datapath.js';
import type { Attachment } from '../../src/core/ha/home-binding.js';
import { mobileNodeDatapath, type CareOfSituation } from '../../src/core/mn/datapath.js';
import type { Abilities } from '../../src/linux/datapath/abilities.js';
import { LinuxWorld } from '../../src/linux/index.js';
import { native, RECEIVE, SEND, NONE, type NativeHandle } from '../../src/linux/native.js';
import { AF_INET, AF_INET6, ipSocketAddress, SOCK_DGRAM } from '../../src/linux/sockaddr.js';
import { cable, namespace, type Namespace } from '../linux/netns.js';

export const HOME6 = ipv6('2001:db8:a::100');
export const HOME4 = ipv4('10.10.0.100');
export const AGENT6 = ipv6('2001:db8:a::1');
export const AGENT4 = ipv4('192.0.2.1');
/** An address of the home agent's host that stands for all correspondents. */
export const PEER6 = ipv6('2001:db8:c::1');
export const PEER4 = ipv4('10.30.0.1');

/** Where the mobile node may be. */
export const CARE_OF = {
  a: { ...on('eth0', 64), address: ipv6('2001:db8:1::2'), router: ipv6('fe80::1') },
  b: { ...on('eth0', 64), address: ipv6('2001:db8:2::2'), router: ipv6('fe80::1') },
  four: { ...on('eth0', 24), address: ipv4('192.0.2.2'), router: AGENT4 },
  five: { ...on('eth0', 24), address: ipv4('192.0.2.3'), router: AGENT4 },
} as const satisfies Record<string, CareOfSituation>;

export type Place = keyof typeof CARE_OF;

export interface Whereabouts {
  /** Its care-of addresses; none: it is at home. */
  readonly at: readonly Place[];
  /** Where its Binding Updates leave from; the first of `at` by default. */
  readonly signalsFrom?: Place;
  /** Where its tunnel begins; absent: it has no binding. */
  readonly boundAt?: Place;
  /** From IPv4 in UDP, as behind a NAT. */
  readonly udp?: boolean;
}

/** What the role declares there, made anew each time. */
export function mobileNodeAt({ at, signalsFrom, boundAt, udp }: Whereabouts): DatapathState {
  const first = signalsFrom ?? at[0];
  const from = first && CARE_OF[first].address;
  const bound = boundAt && CARE_OF[boundAt].address;
  return mobileNodeDatapath({
    homes: [
      {
        homeAddress: HOME6,
        slot: 0,
        homeAddress4: { address: HOME4, prefixLength: 24 },
        where:
          at.length === 0
            ? {
                kind: 'home',
                link: 'eth0',
                prefixLength: 64,
                router: ipv6('fe80::1'),
                router4: null,
              }
            : {
                kind: 'away',
                tunnel: bound
                  ? {
                      local: bound,
                      remote: isSix(bound) ? AGENT6 : AGENT4,
                      link: 'eth0',
                      udp: udp ? PORTS : null,
                      pathMtu: 1500,
                    }
                  : null,
                ipv4Bound: bound !== undefined,
                signalling: from && isSix(from) ? { peer: AGENT6, careOf: from } : null,
              },
      },
    ],
    careOf: at.map((place) => CARE_OF[place]),
    udpPort: udp ? PORTS.localPort : null,
  });
}

/** What a home agent declares, binding by binding. */
export class Bindings {
  readonly #declared: DeclaredItems;
  readonly #items = new Map<Ipv6, readonly DatapathItem[]>();

  constructor(dsmip = false) {
    this.#declared = new DeclaredItems([signallingItem({ address4: AGENT4, dsmip }, [AGENT6])]);
  }

  get state(): DatapathState {
    return this.#declared.state();
  }

  bind(
    attachment: Attachment,
    homeAddress = HOME6,
    homeAddress4: Ipv4 | null = HOME4,
  ): DatapathState {
    const was = this.#items.get(homeAddress) ?? [];
    const is = bindingItems({ homeAddress, homeAddress4, attachment }, was);
    this.#items.set(homeAddress, is);
    this.#declared.replace(was, is);
    return this.state;
  }

  end(homeAddress = HOME6): DatapathState {
    this.#declared.replace(this.#items.get(homeAddress) ?? [], []);
    this.#items.delete(homeAddress);
    return this.state;
  }
}

/** How the home agent sees a mobile node at `place`. */
export function attachmentAt(place: Place, udp = false): Attachment {
  const remote = CARE_OF[place].address;
  if (isSix(remote)) return { path: 'ipv6', local: AGENT6, remote };
  const four = ipv4(remote);
  return udp
    ? { path: 'udp', local: AGENT4, remote: four, ...PORTS, nat: true }
    : { path: 'ipv4', local: AGENT4, remote: four };
}

export interface PairEnd {
  readonly ns: Namespace;
  readonly world: LinuxWorld;
  /** What it told, oldest first. */
  readonly events: MipEvent[];
}

export interface MobilePair {
  readonly mn: PairEnd;
  readonly ha: PairEnd;
  /** Does a datagram from the home address reach the peer and its answer come back? Tried until `milliseconds` are over. */
  carries(family: 4 | 6, milliseconds: number): Promise<boolean>;
  close(): Promise<void>;
}

export async function mobilePair(abilities: Abilities): Promise<MobilePair> {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-pair-'));
  const [mn, ha] = pairOfNamespaces();
  const ends = [await end(mn, abilities, folder), await end(ha, abilities, folder)] as const;
  const probes = { 4: new Probe(mn, ha, HOME4, PEER4), 6: new Probe(mn, ha, HOME6, PEER6) };
  return {
    mn: ends[0],
    ha: ends[1],
    carries: (family, milliseconds) => probes[family].goes(milliseconds),
    close: async () => {
      for (const probe of Object.values(probes)) probe.close();
      for (const { world } of ends) await world.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The home agent is the router of every place. */
export function pairOfNamespaces(): readonly [Namespace, Namespace] {
  const mn = namespace('mn');
  const ha = namespace('ha');
  ha.batch(['link add spare type bridge']); // so that the cable has no index twice
  cable(mn, 'eth0', ha, 'eth0');
  ha.batch(
    ['fe80::1/64', '2001:db8:1::1/64', '2001:db8:2::1/64', '192.0.2.1/24']
      .map((address) => `addr add ${address} dev eth0${isSix(address) ? ' nodad' : ''}`)
      .concat([AGENT6, PEER6, PEER4].map((address) => `addr add ${address} dev lo`)),
  );
  return [mn, ha];
}

async function end(ns: Namespace, abilities: Abilities, folder: string): Promise<PairEnd> {
  const events: MipEvent[] = [];
  const world = await LinuxWorld.open({
    abilities,
    name: ns.name,
    netns: ns.path,
    links: ['eth0'],
    storeFile: null,
    stateFile: join(folder, `${ns.name}.state.json`),
    onEvent: (event) => events.push(event),
  });
  world.listen(() => {});
  return { ns, world, events };
}

/** A datagram from a socket that may be bound before its address is there, and an echo at the other end. */
class Probe {
  readonly #near: NativeHandle;
  readonly #far: NativeHandle;
  readonly #peer: IpAddress;
  #answers = 0;

  constructor(mn: Namespace, ha: Namespace, home: IpAddress, peer: IpAddress) {
    this.#peer = peer;
    this.#near = probeSocket(mn, home, (octets, length) => {
      if (length === 1 && octets[0] === this.#mark) this.#answers++;
    });
    this.#far = probeSocket(ha, peer, (octets, _, from) => send(this.#far, octets[0]!, from));
  }

  #mark = 0;

  async goes(milliseconds: number): Promise<boolean> {
    this.#answers = 0;
    this.#mark = (this.#mark + 1) & 255; // answers to earlier ones do not count
    const until = Date.now() + milliseconds;
    do {
      send(this.#near, this.#mark, ipSocketAddress(this.#peer, ECHO_PORT));
      for (let i = 0; i < 4 && this.#answers === 0; i++) await pause(STEP);
    } while (this.#answers === 0 && Date.now() < until);
    return this.#answers > 0;
  }

  close(): void {
    this.#near.close();
    this.#far.close();
  }
}

function probeSocket(
  ns: Namespace,
  address: IpAddress,
  receive: (octets: Uint8Array, length: number, from: Uint8Array) => void,
): NativeHandle {
  const six = isSix(address);
  const handle = native().openSocket(ns.path, six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
  if (six) handle.setOption(SOL_IPV6, IPV6_FREEBIND, 1);
  else handle.setOption(SOL_IP, IP_FREEBIND, 1);
  handle.bind(ipSocketAddress(address, ECHO_PORT));
  const buffer = new Uint8Array(64);
  const table = new Uint32Array(RECEIVE.words);
  const octets = new Uint8Array(table.buffer);
  handle.poll(() => {
    while (handle.receive(buffer, buffer.length, 0, table, 1) === 1) {
      const at = RECEIVE.name * 4;
      const from = octets.slice(at, at + (six ? 28 : 16));
      receive(buffer, table[RECEIVE.length]!, from);
    }
  });
  return handle;
}

function send(handle: NativeHandle, octet: number, to: Uint8Array): void {
  const row = new Uint32Array(SEND.words);
  row[SEND.length] = 1;
  row[SEND.trafficClass] = NONE;
  row[SEND.nameLength] = to.length;
  new Uint8Array(row.buffer).set(to, SEND.name * 4);
  handle.send(Uint8Array.of(octet), row, 0, 1); // refused where there is no way: the next one may go
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function on(link: string, prefixLength: number) {
  return { link, prefixLength };
}

const isSix = (address: string): address is Ipv6 => address.includes(':');

const PORTS = { localPort: 4191, remotePort: 4191 } as const;
const ECHO_PORT = 7007;
const STEP = 5; // ms
const SOL_IP = 0;
const IP_FREEBIND = 15;
const SOL_IPV6 = 41;
const IPV6_FREEBIND = 78;
