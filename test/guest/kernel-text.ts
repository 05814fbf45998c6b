/**
 * What stands in a namespace of a kernel, as sorted lines: to compare two moments with, and to see in a failing test
 * what differs. Read by netlink, whoever made it. Counters, times and numbers that the kernel chose are left out.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Abilities } from '../../src/linux/datapath/abilities.js';
import { LINK_GROUP } from '../../src/linux/datapath/marks.js';
import { FouPorts } from '../../src/linux/netlink/fou.js';
import { RtNetlink, type KernelLink, type KernelRoute } from '../../src/linux/netlink/rtnetlink.js';
import { XfrmNetlink } from '../../src/linux/netlink/xfrm/xfrm-netlink.js';

export class KernelText {
  readonly #netns: string;
  readonly #nftables: boolean;
  readonly #requests: RtNetlink;
  readonly #xfrm: XfrmNetlink;
  readonly #fou: FouPorts | undefined;

  private constructor(
    netns: string,
    nftables: boolean,
    requests: RtNetlink,
    xfrm: XfrmNetlink,
    fou: FouPorts | undefined,
  ) {
    this.#netns = netns;
    this.#nftables = nftables;
    this.#requests = requests;
    this.#xfrm = xfrm;
    this.#fou = fou;
  }

  /** `nftables` is to be read too. */
  static async open(netns: string, abilities: Abilities, nftables: boolean): Promise<KernelText> {
    const fou = abilities.udpTunnels ? await FouPorts.open(netns) : undefined;
    return new KernelText(netns, nftables, new RtNetlink(netns), new XfrmNetlink(netns), fou);
  }

  async lines(): Promise<string[]> {
    const requests = this.#requests;
    const links = await requests.links();
    const names = new Map(links.map((l) => [l.index, l.name]));
    const name = (index: number): string => names.get(index) ?? String(index);
    const lines = links.map(linkLine);
    for (const a of await requests.addresses())
      lines.push(line('address', { ...a, index: name(a.index) }));
    for (const protocol of ROUTE_PROTOCOLS) {
      for (const route of await requests.routes(protocol)) {
        if (!isKernelsOwn(route)) lines.push(line('route', { ...route, index: name(route.index) }));
      }
    }
    for (const rule of await requests.rules()) lines.push(line('rule', rule));
    for (const { usage: _, index: __, ...policy } of await this.#xfrm.policies()) {
      lines.push(line('policy', policy));
    }
    for (const { usage: _, ...state } of await this.#xfrm.states())
      lines.push(line('state', state));
    for (const link of links.filter((l) => l.group === LINK_GROUP)) {
      for (const filter of await requests.trafficFilters(link.index))
        lines.push(line('filter', filter));
    }
    for (const port of (await this.#fou?.list()) ?? []) lines.push(line('fou', port));
    if (this.#nftables) lines.push(...(await this.#nft()));
    return lines.sort();
  }

  close(): void {
    this.#requests.close();
    this.#xfrm.close();
    this.#fou?.close();
  }

  /** One line a set element, chain rule or table: sets come in no order. */
  async #nft(): Promise<string[]> {
    const { stdout } = await promisify(execFile)('nsenter', [
      `--net=${this.#netns}`,
      ...['nft', '-j', 'list', 'ruleset'],
    ]);
    const { nftables } = JSON.parse(stdout) as { nftables: readonly Record<string, NftObject>[] };
    return nftables.flatMap((entry) =>
      Object.entries(entry).flatMap(([kind, { handle: _, elem = [], ...object }]) =>
        kind === 'metainfo'
          ? []
          : [line(kind, object), ...elem.map((e) => line('element', { set: object['name'], e }))],
      ),
    );
  }
}

type NftObject = Readonly<Record<string, unknown>> & { readonly elem?: readonly unknown[] };

/** The number of a TUN device is the kernel's choice; those of our tunnels are ours. */
function linkLine({ index, name, mtu, up, group, kind, tunnel }: KernelLink): string {
  const number = tunnel && group === LINK_GROUP ? { index } : {};
  return line('link', { name, ...number, mtu, up, group, kind, tunnel });
}

/** Follow from addresses and come a moment after them. */
const isKernelsOwn = ({ protocol }: KernelRoute): boolean => protocol === KERNEL;

const line = (kind: string, value: object): string => `${kind} ${JSON.stringify(value)}`;

const KERNEL = 2; // rtm_protocol
const ROUTE_PROTOCOLS = [3, 4, 0x6d, 186]; // boot, static, ours, and one for foreign routes of the tests
