/**
 * Admission by traffic filters (`flower`) on the tunnel devices, after the kernel has taken tunnels apart: for kernels
 * whose nftables knows no IP, such as user-mode-linux. 2 KB a binding. Tunnels in UDP are not for it: the kernel hides
 * their outer address.
 */
import { bits, isIpv6, prefixOf, type IpAddress, type Ipv6 } from '../../base/address.js';
import type { RtNetlink, SourceFilter } from '../netlink/rtnetlink.js';
import { forgiveAbsence } from './absence.js';
import type { Admission } from './admission.js';
import type { DeviceIndex, Keeper, Present } from './keeper.js';
import { objectKey, type AcceptObject } from './kernel-object.js';

export class FlowerAdmission implements Admission {
  readonly #requests: RtNetlink;
  readonly #devices: DeviceIndex;
  /** Handles by object key, and the devices that they are of. */
  readonly #handles = new Map<string, { readonly device: string; readonly handle: number }>();
  readonly #free: number[] = [];
  #lastHandle = 0;
  /** Devices that drop what no filter lets pass. */
  readonly #closed = new Set<string>();

  constructor(requests: RtNetlink, devices: DeviceIndex) {
    this.#requests = requests;
    this.#devices = devices;
  }

  readonly keeper: Keeper<AcceptObject> = {
    put: (object) => this.change([object], []),
    remove: (object) => this.change([], [object]),
    text: () => 'admitted',
    present: async () => {
      const all = new Map<string, Present>();
      for (const device of this.#closed) await this.#read(device, all);
      return all;
    },
  };

  async prepare(): Promise<void> {}

  async guard(): Promise<void> {}

  async change(add: readonly AcceptObject[], remove: readonly AcceptObject[]): Promise<void> {
    const work: Promise<void>[] = [];
    for (const object of add) {
      if (object.inner !== null) work.push(...this.#add(object, object.inner));
    }
    for (const object of remove) {
      if (object.inner !== null) work.push(this.#remove(object, object.inner));
    }
    await Promise.all(work);
  }

  async restore(admitted: Iterable<AcceptObject>): Promise<void> {
    this.#closed.clear();
    await this.change([...admitted], []);
  }

  /** The filters go with their devices. */
  async remove(): Promise<void> {
    this.#handles.clear();
    this.#free.length = 0;
    this.#lastHandle = 0;
    this.#closed.clear();
  }

  close(): void {}

  #add(object: AcceptObject, inner: IpAddress): Promise<void>[] {
    const { device } = object;
    const link = this.#devices.indexOf(device);
    if (link === undefined) return [];
    const key = objectKey(object);
    const handle = this.#handles.get(key)?.handle ?? this.#free.pop() ?? ++this.#lastHandle;
    this.#handles.set(key, { device, handle });
    const work: Promise<void>[] = [];
    if (!this.#closed.has(device)) {
      this.#closed.add(device);
      work.push(
        this.#requests.addClsact(link),
        this.#requests.putTrafficFilter({ kind: 'drop', link }),
      );
    }
    work.push(this.#requests.putTrafficFilter(filterOf(object, inner, link, handle)));
    return work;
  }

  async #remove(object: AcceptObject, inner: IpAddress): Promise<void> {
    const key = objectKey(object);
    const known = this.#handles.get(key);
    if (!known) return;
    this.#handles.delete(key);
    this.#free.push(known.handle);
    const link = this.#devices.indexOf(object.device);
    // The device goes, or has gone, and the filter with it.
    if (link === undefined) return void this.#closed.delete(object.device);
    const filter = filterOf(object, inner, link, known.handle);
    await this.#requests.removeTrafficFilter(filter).catch(forgiveAbsence);
  }

  /** A device that does not drop any more counts as one that admits nothing: its filters are made anew, all. */
  async #read(device: string, all: Map<string, Present>): Promise<void> {
    const link = this.#devices.indexOf(device);
    if (link === undefined) return void this.#closed.delete(device);
    const there = await this.#requests.trafficFilters(link);
    if (!there.some((f) => f.kind === 'drop')) return void this.#closed.delete(device);
    const byHandle = new Map(
      there.flatMap((f) => (f.kind === 'source' ? [[handleKey(f), f] as const] : [])),
    );
    for (const [key, { device: of, handle }] of this.#handles) {
      if (of !== device) continue;
      const inner = key.slice(key.lastIndexOf(' ') + 1) as IpAddress;
      const filter = byHandle.get(handleKey({ handle, innerSource: host(inner) }));
      const same = filter && key === acceptKey(device, filter, key);
      if (same) all.set(key, { text: 'admitted', remove: async () => {} });
    }
  }
}

function filterOf(
  { outer }: AcceptObject,
  inner: IpAddress,
  link: number,
  handle: number,
): SourceFilter {
  const from = isIpv6(outer) ? { outerSource: outer as Ipv6 } : {};
  return { kind: 'source', link, handle, ...from, innerSource: host(inner) };
}

/** One number space a family. */
const handleKey = ({ handle, innerSource }: Pick<SourceFilter, 'handle' | 'innerSource'>): string =>
  `${bits(innerSource.address)} ${handle}`;

/** The key of the object that the filter is of; an outer IPv4 source is not in it, and is as in `known`. */
function acceptKey(
  device: string,
  { outerSource, innerSource }: SourceFilter,
  known: string,
): string {
  const outer = (outerSource ?? known.split(' ')[2]) as IpAddress;
  return objectKey({ kind: 'accept', device, outer, port: null, inner: innerSource.address });
}

const host = (address: IpAddress) => prefixOf(address, bits(address));
