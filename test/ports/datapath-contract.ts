/** What every Datapath does, seen from outside: addresses listed, echo answered. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix, prefixOf, type IpAddress } from '../../src/base/address.js';
import { homeAgentsAnycast } from '../../src/base/anycast.js';
import {
  keyOf,
  NO_DATAPATH,
  TUNNEL_LINK,
  type DatapathItem,
  type DatapathState,
  type TunnelItem,
} from '../../src/core/datapath/model.js';
import { encodeIcmpv6Packet } from '../../src/wire/mobility-packet.js';
import { listenTo, ofKind, type BenchEnd, type MakeWorldBench, type WorldBench } from './bench.js';

export function datapathContract(adapter: string, make: MakeWorldBench): void {
  describe(`Datapath of ${adapter}`, () => {
    let bench: WorldBench;
    beforeEach(async () => {
      bench = await make();
    });
    afterEach(async () => {
      await bench.close();
    });
    const apply = async (end: BenchEnd, items: readonly DatapathItem[]) => {
      await end.world.datapath.apply({ items });
      await bench.settle();
    };
    const addresses = () =>
      bench.near.world.links
        .list()
        .find((l) => l.name === bench.near.link)!
        .addresses.map((a) => a.address);

    it('starts with nothing in force', () => {
      expect(bench.near.world.datapath.snapshot().items).toEqual([]);
    });

    it('makes what is wanted so, and the snapshot says it', async () => {
      const want = onLink(bench.near, CARE_OF);
      await apply(bench.near, want);
      expect(keys(bench.near.world.datapath.snapshot())).toEqual(want.map(keyOf).sort());
      expect(addresses()).toContain(CARE_OF);
    });

    it('does nothing when all is so already', async () => {
      const want = onLink(bench.near, CARE_OF);
      await apply(bench.near, want);
      const inputs = listenTo(bench.near.world);
      await bench.settle();
      inputs.length = 0;
      await apply(bench.near, structuredClone(want));
      expect(ofKind(inputs, 'link')).toEqual([]);
      expect(keys(bench.near.world.datapath.snapshot())).toEqual(want.map(keyOf).sort());
    });

    it('an address on a link is told as a change of the link, and answers echo at once', async () => {
      const inputs = listenTo(bench.near.world);
      await apply(bench.near, onLink(bench.near, CARE_OF));
      const last = ofKind(inputs, 'link').at(-1)?.link;
      expect(last?.addresses.map((a) => a.address)).toContain(CARE_OF);
      await apply(bench.far, onLink(bench.far, FAR_CARE_OF));
      expect(await bench.echo(CARE_OF, FAR_CARE_OF)).toBe(true);
    });

    it('takes away what is no longer wanted, and leaves what is not ours', async () => {
      await apply(bench.near, onLink(bench.near, CARE_OF));
      await apply(bench.near, []);
      expect(addresses()).not.toContain(CARE_OF);
      expect(addresses()).toContain(bench.near.ipv6);
      expect(await bench.echo(bench.near.ipv6, bench.far.ipv6)).toBe(true);
    });

    it('an anycast address is taken in as long as it is declared, and is none of the own ones', async () => {
      const anycast = homeAgentsAnycast(prefixOf(bench.near.ipv6, 64))!;
      const inputs = listenTo(bench.near.world);
      const ask = async () => {
        const message = {
          kind: 'homeAgentDiscoveryRequest',
          identifier: 1,
          mobileRouter: false,
        } as const;
        const path = { source: bench.far.ipv6, destination: anycast };
        const octets = encodeIcmpv6Packet({ ...path, message });
        bench.far.world.io.sendPacket({ kind: 'packet', octets });
        // RFC 4861 §7.2.7: the answer to a solicitation for it is put off for up to a second.
        for (let n = 0; n < 8 && ofKind(inputs, 'packet').length === 0; n++) await bench.settle();
        return ofKind(inputs.splice(0), 'packet').length;
      };
      const taken: DatapathItem = {
        kind: 'signalling',
        addresses: [bench.near.ipv6, anycast],
        udp: null,
      };
      await apply(bench.near, [
        taken,
        { kind: 'anycast', link: bench.near.link, address: anycast },
      ]);
      expect(addresses()).not.toContain(anycast);
      expect(await ask()).toBe(1);
      await apply(bench.near, [{ ...taken, addresses: [bench.near.ipv6] }]);
      expect(await ask()).toBe(0);
    });

    it('a rule sends packets of one source another way', async () => {
      await apply(bench.far, [
        ...onLink(bench.far, FAR_CARE_OF),
        route(bench.far, 'main', '2001:db8:c0fe::/64'),
      ]);
      const items: DatapathItem[] = [
        ...onLink(bench.near, CARE_OF, false),
        route(bench.near, 'careOf6', '2001:db8:c0fe::/64'),
      ];
      await apply(bench.near, items);
      expect(await bench.echo(CARE_OF, FAR_CARE_OF)).toBe(false);
      const from = prefix(`${CARE_OF}/128`);
      const ruled: DatapathItem[] = [
        ...items,
        { kind: 'rule', priority: 1002, from, table: 'careOf6' },
      ];
      await apply(bench.near, ruled);
      expect(await bench.echo(CARE_OF, FAR_CARE_OF)).toBe(true);
      // Declared anew with equal items, then without: what went in under other objects comes out again.
      await apply(bench.near, structuredClone(ruled));
      await apply(bench.near, structuredClone(items));
      expect(await bench.echo(CARE_OF, FAR_CARE_OF)).toBe(false);
    });

    it.each(TUNNELS)('carries both families through a tunnel in $outer', async ({ outer }) => {
      await apply(bench.far, tunnelled(bench.far, bench.near, outer, 'far'));
      await apply(bench.near, tunnelled(bench.near, bench.far, outer, 'near'));
      expect(await bench.echo(HOME6, PEER6)).toBe(true);
      expect(await bench.echo(HOME4, PEER4)).toBe(true);
    });

    it('tells of the first packet of a tunnel, once each way', async () => {
      const inputs = listenTo(bench.near.world);
      await apply(bench.far, tunnelled(bench.far, bench.near, 'IPv6', 'far'));
      await apply(bench.near, tunnelled(bench.near, bench.far, 'IPv6', 'near'));
      await bench.echo(HOME6, PEER6);
      // An equal declaration is no new tunnel.
      await apply(bench.near, tunnelled(bench.near, bench.far, 'IPv6', 'near'));
      await apply(bench.near, [
        ...tunnelled(bench.near, bench.far, 'IPv6', 'near'),
        ...onLink(bench.near, CARE_OF),
      ]);
      await bench.echo(HOME6, PEER6);
      await bench.settle();
      expect(ofKind(inputs, 'firstPacket').map((i) => i.direction)).toEqual(['out', 'in']);
    });

    it('RFC 6275 §10.4.5: lets nothing in from another outer source', async () => {
      await apply(bench.near, tunnelled(bench.near, bench.far, 'IPv6', 'near'));
      const far = tunnelled(bench.far, bench.near, 'IPv6', 'far');
      await apply(
        bench.far,
        far.map((item) =>
          item.kind === 'tunnel' ? { ...item, remote: ipv6('2001:db8:bad::1') } : item,
        ),
      );
      expect(await bench.echo(HOME6, PEER6)).toBe(false);
      await apply(bench.far, far);
      expect(await bench.echo(HOME6, PEER6)).toBe(true);
    });

    it('a tunnel that changes its ends keeps carrying', async () => {
      await apply(bench.far, tunnelled(bench.far, bench.near, 'UDP', 'far'));
      await apply(bench.near, tunnelled(bench.near, bench.far, 'UDP', 'near'));
      expect(await bench.echo(HOME6, PEER6)).toBe(true);
      await apply(bench.near, tunnelled(bench.near, bench.far, 'IPv6', 'near'));
      expect(await bench.echo(HOME6, PEER6)).toBe(false);
      await apply(bench.far, tunnelled(bench.far, bench.near, 'IPv6', 'far'));
      expect(await bench.echo(HOME6, PEER6)).toBe(true);
    });

    it('cleans up, twice without harm', async () => {
      await apply(bench.near, [
        ...onLink(bench.near, CARE_OF),
        ...tunnelled(bench.near, bench.far, 'UDP', 'near'),
      ]);
      await bench.near.world.datapath.clean();
      await bench.near.world.datapath.clean();
      await bench.settle();
      expect(bench.near.world.datapath.snapshot()).toEqual(NO_DATAPATH);
      expect(addresses()).not.toContain(CARE_OF);
    });

    it('cleans up after a crash, with no memory of it', async () => {
      await apply(bench.near, [
        ...onLink(bench.near, CARE_OF),
        ...tunnelled(bench.near, bench.far, 'UDP', 'near'),
      ]);
      const next = await bench.crash();
      await next.datapath.clean();
      await bench.settle();
      const link = next.links.list().find((l) => l.name === bench.near.link)!;
      expect(link.addresses.map((a) => a.address)).not.toContain(CARE_OF);
      expect(link.addresses.map((a) => a.address)).toContain(bench.near.ipv6);
      expect(next.datapath.snapshot().items).toEqual([]);
    });
  });
}

function onLink(end: BenchEnd, address: IpAddress, onLinkPrefix = true): DatapathItem[] {
  return [{ kind: 'address', link: end.link, address, prefixLength: 64, onLinkPrefix }];
}

function route(end: BenchEnd, table: 'main' | 'careOf6', destination: string): DatapathItem {
  return { kind: 'route', table, destination: prefix(destination), link: end.link, metric: 100 };
}

/** An address of each family on the tunnel device, all packets between these and the peer's through the tunnel. */
function tunnelled(
  end: BenchEnd,
  other: BenchEnd,
  outer: (typeof TUNNELS)[number]['outer'],
  side: 'near' | 'far',
): DatapathItem[] {
  const [own6, own4, peer6, peer4] =
    side === 'near' ? [HOME6, HOME4, PEER6, PEER4] : [PEER6, PEER4, HOME6, HOME4];
  const ipv6Outer = outer === 'IPv6';
  const tunnel: TunnelItem = {
    kind: 'tunnel',
    key: 'contract',
    local: ipv6Outer ? end.ipv6 : end.ipv4,
    remote: ipv6Outer ? other.ipv6 : other.ipv4,
    ...(outer === 'UDP' ? { udp: { localPort: 4191, remotePort: 4191 } } : {}),
    send: [{ destination: prefix(`${peer6}/128`) }, { destination: prefix(`${peer4}/32`) }],
    accept: [{ source: prefix(`${peer6}/128`) }, { source: prefix(`${peer4}/32`) }],
    pathMtu: 1500,
  };
  const device = { link: TUNNEL_LINK, onLinkPrefix: false } as const;
  const out = {
    kind: 'route',
    table: 'main',
    link: TUNNEL_LINK,
    tunnel: tunnel.key,
    metric: 100,
  } as const;
  return [
    {
      kind: 'signalling',
      addresses: [end.ipv6, end.ipv4],
      udp: outer === 'UDP' ? { address: null, port: 4191, endpoints: [end.ipv4] } : null,
    },
    { kind: 'address', ...device, address: own6, prefixLength: 128 },
    { kind: 'address', ...device, address: own4, prefixLength: 32 },
    tunnel,
    { ...out, destination: prefix(`${peer6}/128`), preferredSource: own6 },
    { ...out, destination: prefix(`${peer4}/32`), preferredSource: own4 },
  ];
}

const keys = (state: DatapathState): string[] => state.items.map(keyOf).sort();

const TUNNELS = [{ outer: 'IPv6' }, { outer: 'IPv4' }, { outer: 'UDP' }] as const;
const CARE_OF = ipv6('2001:db8:c0fe::2');
const FAR_CARE_OF = ipv6('2001:db8:c0fe::1');
const HOME6 = ipv6('2001:db8:beef::2');
const PEER6 = ipv6('2001:db8:beef::1');
const HOME4 = ipv4('203.0.113.2');
const PEER4 = ipv4('203.0.113.1');
