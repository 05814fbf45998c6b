/** Tunnel devices, and the UDP port that the kernel takes tunnels in at. Ours are in a link group of our own. */
import { isIpv6, type Ipv4, type Ipv6 } from '../../base/address.js';
import { UDP_PORT } from '../../wire/protocol.js';
import type { FouPorts } from '../netlink/fou.js';
import type { KernelLink, RtNetlink, Tunnel, TunnelLink } from '../netlink/rtnetlink.js';
import type { Sysctls } from '../sysctl.js';
import { errnoIs, forgiveAbsence } from './absence.js';
import type { Keeper, ObjectOf, ObjectText, Present } from './keeper.js';
import { objectKey, type DeviceObject } from './kernel-object.js';
import { LINK_GROUP } from './marks.js';

export class DeviceKeeper implements Keeper<DeviceObject> {
  readonly #requests: RtNetlink;
  readonly #sysctls: Sysctls;
  readonly #mtu: number;
  readonly #made: (device: string) => void;

  /** `mtu` in octets, of every tunnel device. `made` is called as one is made. */
  constructor(requests: RtNetlink, sysctls: Sysctls, mtu: number, made: (device: string) => void) {
    this.#requests = requests;
    this.#sysctls = sysctls;
    this.#mtu = mtu;
    this.#made = made;
  }

  async put(device: DeviceObject, was: DeviceObject | undefined): Promise<void> {
    const link = this.#link(device);
    if (was && canBecome(was, device)) return this.#requests.changeTunnel(link);
    if (was && (await this.#raised(device))) return;
    if (was) await this.remove(was);
    this.#made(device.name);
    try {
      await this.#requests.createTunnel(link);
    } catch (error) {
      if (!errnoIs(error, 'EEXIST')) throw error;
      // Left by a crash, or altered by somebody: under this name, or with these ends.
      await this.#evict(device);
      await this.#requests.createTunnel(link);
    }
    // Loose: what comes out of a tunnel is from anywhere.
    this.#sysctls.write(`ipv4/conf/${device.name}/rp_filter`, '2');
  }

  remove(device: DeviceObject): Promise<void> {
    return this.#requests.removeLink(device.index).catch(forgiveAbsence);
  }

  text(device: DeviceObject): string {
    return tunnelText(tunnelOf(device), true);
  }

  readonly present = async (): Promise<ReadonlyMap<string, Present>> => {
    const all = new Map<string, Present>();
    for (const link of await this.#requests.links()) {
      if (link.group !== LINK_GROUP || !link.tunnel) continue;
      const { key, text } = deviceOf(link);
      all.set(key, {
        text,
        remove: () => this.#requests.removeLink(link.index).catch(forgiveAbsence),
      });
    }
    return all;
  };

  #link(device: DeviceObject): TunnelLink {
    const { name, index } = device;
    return { ...tunnelOf(device), name, index, group: LINK_GROUP, up: true, mtu: this.#mtu };
  }

  /** One that cannot be changed may be as it should but for being down. */
  async #raised(device: DeviceObject): Promise<boolean> {
    const link = await this.#requests.link(device.index);
    if (!link?.tunnel || tunnelText(link.tunnel, true) !== this.text(device)) return false;
    await this.#requests.setLink(device.index, { up: true });
    return true;
  }

  async #evict(device: DeviceObject): Promise<void> {
    const wanted = tunnelOf(device);
    for (const link of await this.#requests.links()) {
      const ours = link.group === LINK_GROUP && sameEnds(link, wanted);
      if (link.name === device.name || link.index === device.index || ours) {
        await this.#requests.removeLink(link.index).catch(forgiveAbsence);
      }
    }
  }
}

/** Key and text of a device as the kernel tells it. */
export const deviceOf = ({ name, tunnel, up }: KernelLink): ObjectText => ({
  key: `device ${name}`,
  text: tunnel ? tunnelText(tunnel, up) : '',
});

/** Port 4191 of RFC 5555 §4.1, in the kernel: "GUE version 1" is an IP packet in a datagram and nothing else. */
export class FouKeeper implements Keeper<ObjectOf<'fou'>> {
  readonly #requests: FouPorts;
  /** Ports that are ours: that of the protocol, of an earlier run too. */
  readonly #ours = new Set<number>([UDP_PORT.dsmip]);

  constructor(requests: FouPorts) {
    this.#requests = requests;
  }

  async put({ port }: ObjectOf<'fou'>): Promise<void> {
    this.#ours.add(port);
    try {
      await this.#requests.add({ ...GUE, port });
    } catch (error) {
      if (!errnoIs(error, 'EADDRINUSE', 'EALREADY')) throw error;
      // Of an earlier run, or another program's.
      if (!(await this.present()).has(objectKey({ kind: 'fou', port }))) throw error;
    }
  }

  remove({ port }: ObjectOf<'fou'>): Promise<void> {
    return this.#requests.remove({ ...GUE, port }).catch((error: unknown) => {
      if (!errnoIs(error, 'EINVAL')) forgiveAbsence(error); // EINVAL: there is none
    });
  }

  text(): string {
    return 'gue';
  }

  readonly present = async (): Promise<ReadonlyMap<string, Present>> => {
    const all = new Map<string, Present>();
    for (const { kind, family, port } of await this.#requests.list()) {
      if (kind !== 'gue' || family !== 4 || !this.#ours.has(port)) continue;
      const object = { kind: 'fou', port } as const;
      all.set(objectKey(object), { text: 'gue', remove: () => this.remove(object) });
    }
    return all;
  };
}

/** Type and openness of ends are for life (the kernel refuses to change them), and so is metadata. */
const canBecome = (was: DeviceObject, is: DeviceObject): boolean =>
  was.type === is.type &&
  !is.external &&
  (was.remote === null) === (is.remote === null) &&
  (was.local === null) === (is.local === null);

function tunnelOf({ type, local, remote, external, udp }: DeviceObject): Tunnel {
  const ends = {
    ...(local === null ? {} : { local }),
    ...(remote === null ? {} : { remote }),
  };
  if (type === 'ip6tnl') {
    return {
      type,
      mode: 'any',
      ...(ends as { local?: Ipv6; remote?: Ipv6 }),
      ...(external ? { external } : {}),
      hopLimit: HOP_LIMIT,
      encapLimit: 'none',
    };
  }
  return {
    type,
    mode: 'any',
    ...(ends as { local?: Ipv4; remote?: Ipv4 }),
    hopLimit: HOP_LIMIT,
    pathMtuDiscovery: true,
    ...(udp
      ? {
          encapsulation: {
            kind: 'fou',
            sourcePort: udp.localPort,
            destinationPort: udp.remotePort,
            checksum: false,
          } as const,
        }
      : {}),
  };
}

function tunnelText(t: Tunnel, up: boolean): string {
  const external = t.type === 'ip6tnl' && t.external === true;
  const e = t.encapsulation;
  const udp = e ? ` ${e.kind} ${e.sourcePort} ${e.destinationPort}` : '';
  const ends = external ? 'external' : `${t.local ?? 'any'} ${t.remote ?? 'any'}`;
  return `${t.type} ${t.mode} ${ends}${udp} ${up ? 'up' : 'down'}`;
}

function sameEnds({ tunnel }: KernelLink, wanted: Tunnel): boolean {
  if (!tunnel || tunnel.type !== wanted.type) return false;
  const six = wanted.local !== undefined && isIpv6(wanted.local);
  const external = (t: Tunnel): boolean => t.type === 'ip6tnl' && t.external === true;
  if (six || wanted.type === 'ip6tnl') {
    if (external(tunnel) !== external(wanted)) return false;
  }
  return tunnel.local === wanted.local && tunnel.remote === wanted.remote;
}

const GUE = { family: 4, kind: 'gue' } as const;
const HOP_LIMIT = 64; // RFC 2473 §6.3, as ip6_tunnel does by default
