/**
 * Somebody else deletes or alters what is ours in the kernel, again and again: each time it is put right, told of, and
 * packets go through the tunnel.
 */
import { afterAll, expect, it } from 'vitest';
import { ipv4, ipv6, isIpv6 } from '../../src/base/address.js';
import { LINK_GROUP, PROTOCOL_MIP6, REQID } from '../../src/linux/datapath/marks.js';
import { isOurPolicy } from '../../src/linux/datapath/keep-xfrm.js';
import { probeAbilities } from '../../src/linux/datapath/probe-abilities.js';
import { FouPorts } from '../../src/linux/netlink/fou.js';
import { RtNetlink } from '../../src/linux/netlink/rtnetlink.js';
import { XfrmNetlink } from '../../src/linux/netlink/xfrm/xfrm-netlink.js';
import { native } from '../../src/linux/native.js';
import { SeededRandom } from '../../src/sim/random.js';
import { removeNamespaces } from '../linux/netns.js';
import { KernelText } from './kernel-text.js';
import {
  attachmentAt,
  Bindings,
  mobileNodeAt,
  mobilePair,
  pause,
  type MobilePair,
  type PairEnd,
} from './mobile-pair.js';

const { abilities } = await probeAbilities();
const EMULATED = process.env['MIP6_GUEST'] === 'vm' || abilities.admission === 'nft';
const ROUNDS = EMULATED ? 40 : 200;

afterAll(removeNamespaces);

it(`${ROUNDS} times something of ours is taken or altered, and each time all is as it was`, async () => {
  const random = new SeededRandom('interference');
  const pair = await mobilePair(abilities);
  const ends = await Promise.all([pair.mn, pair.ha].map((end) => hostile(end)));
  const slowest = { what: 'nothing', milliseconds: 0 };
  try {
    for (const udp of abilities.udpTunnels ? [false, true] : [false]) {
      await bind(pair, udp);
      expect(await pair.carries(6, 5000), 'a packet goes through the undisturbed tunnel').toBe(
        true,
      );
      await pause(100);
      const calm = new Map<Hostile, readonly string[]>();
      for (const end of ends) calm.set(end, await end.text.lines());
      for (let round = 0; round < ROUNDS / (abilities.udpTunnels ? 2 : 1);) {
        const end = ends[random.below(ends.length)]!;
        const [name, interfere] = INTERFERENCES[random.below(INTERFERENCES.length)]!;
        const told = mendings(end.end);
        const where = `round ${round}, ${end === ends[0] ? 'mobile node' : 'home agent'}: ${name}`;
        const what = await interfere(end, (all) => all[random.below(all.length)]);
        if (what === undefined) continue; // there is none of these
        round++;
        const began = performance.now();
        let now: readonly string[] = [];
        const mended = async (): Promise<boolean> => {
          if (mendings(end.end) === told) return false;
          now = await end.text.lines();
          return String(now) === String(calm.get(end));
        };
        while (!(await mended()) && performance.now() - began < LIMIT) await pause(STEP);
        const milliseconds = performance.now() - began;
        if (milliseconds > slowest.milliseconds)
          Object.assign(slowest, { what: where, milliseconds });
        expect(mendings(end.end), `${where} (${what}): told of`).toBeGreaterThan(told);
        expect(now, `${where} (${what})`).toEqual(calm.get(end));
        expect(failures(end.end), `${where} (${what})`).toEqual([]);
        expect(await pair.carries(6, LIMIT), `${where} (${what}): IPv6 through the tunnel`).toBe(
          true,
        );
        expect(await pair.carries(4, LIMIT), `${where} (${what}): IPv4 through the tunnel`).toBe(
          true,
        );
      }
    }
    console.log(`slowest: ${slowest.what}, ${Math.round(slowest.milliseconds)} ms`);
  } finally {
    for (const end of ends) end.close();
    await pair.close();
  }
});

async function bind(pair: MobilePair, udp: boolean): Promise<void> {
  const place = udp ? 'four' : 'a';
  const bindings = new Bindings(udp);
  bindings.bind(attachmentAt(place, udp));
  await pair.ha.world.datapath.apply(bindings.state);
  await pair.mn.world.datapath.apply(mobileNodeAt({ at: [place], boundAt: place, udp }));
}

/** Sockets of somebody else at one end. */
interface Hostile {
  readonly end: PairEnd;
  readonly text: KernelText;
  readonly requests: RtNetlink;
  readonly xfrm: XfrmNetlink;
  readonly fou: FouPorts | undefined;
  close(): void;
}

async function hostile(end: PairEnd): Promise<Hostile> {
  const { path } = end.ns;
  const requests = new RtNetlink(path);
  const xfrm = new XfrmNetlink(path);
  const fou = abilities.udpTunnels ? await FouPorts.open(path) : undefined;
  const text = await KernelText.open(path, abilities, abilities.admission === 'nft');
  return {
    end,
    text,
    requests,
    xfrm,
    fou,
    close: () => {
      for (const part of [requests, xfrm, fou, text]) part?.close();
    },
  };
}

type Choose = <T>(all: readonly T[]) => T | undefined;
/** Gives what was interfered with; undefined where there is nothing of that kind. */
type Interference = (at: Hostile, choose: Choose) => Promise<unknown>;

const routes = ({ requests }: Hostile) => requests.routes(PROTOCOL_MIP6);
const rules = async ({ requests }: Hostile) =>
  (await requests.rules()).filter((r) => r.protocol === PROTOCOL_MIP6);
const addresses = async ({ requests }: Hostile) =>
  (await requests.addresses()).filter((a) => a.protocol === PROTOCOL_MIP6);
const devices = async ({ requests }: Hostile) =>
  (await requests.tunnels()).filter((t) => t.group === LINK_GROUP);
const states = async ({ xfrm }: Hostile) => (await xfrm.states()).filter((s) => s.reqid === REQID);
const policies = async ({ xfrm }: Hostile) => (await xfrm.policies()).filter(isOurPolicy);
const filters = async (at: Hostile) => {
  if (abilities.admission !== 'flower') return [];
  const all = (await devices(at)).map((d) => at.requests.trafficFilters(d.index));
  return (await Promise.all(all)).flat();
};

/** `list` chosen from by seed, then `act` on it. */
const on =
  <T>(
    list: (at: Hostile) => Promise<readonly T[]>,
    act: (at: Hostile, object: T) => Promise<unknown>,
  ): Interference =>
  async (at, choose) => {
    const object = choose(await list(at));
    if (object === undefined) return undefined;
    await act(at, object);
    return JSON.stringify(object);
  };

const tun = async ({ end }: Hostile) => {
  const index = native().linkIndex(end.ns.path, 'mip6');
  return index === 0 ? [] : [index];
};

const ELSEWHERE6 = ipv6('2001:db8:bad::1');
const ELSEWHERE4 = ipv4('198.51.100.1');

const INTERFERENCES: readonly (readonly [string, Interference])[] = [
  ['a route is deleted', on(routes, ({ requests }, r) => requests.removeRoute(r))],
  [
    'a route leads nowhere',
    on(routes, ({ requests }, { encapsulation: _, ...route }) =>
      requests.addRoute(
        { ...route, type: 'blackhole', index: 0, via: undefined, preferredSource: undefined },
        'replace',
      ),
    ),
  ],
  [
    "a route becomes another program's",
    on(routes, ({ requests }, route) => requests.addRoute({ ...route, protocol: 4 }, 'replace')),
  ],
  ['a rule is deleted', on(rules, ({ requests }, r) => requests.removeRule(r))],
  [
    'a rule is added in our name',
    on(rules, ({ requests }, rule) => requests.addRule({ ...rule, priority: 77, table: 99 })),
  ],
  [
    'an address is deleted',
    on(addresses, ({ requests }, a) => requests.removeAddress({ ...a, prefixRoute: true })),
  ],
  ['a tunnel device is deleted', on(devices, ({ requests }, d) => requests.removeLink(d.index))],
  [
    'a tunnel device is down',
    on(devices, ({ requests }, d) => requests.setLink(d.index, { up: false })),
  ],
  [
    'a tunnel device goes down and up',
    on(devices, async ({ requests }, { index }) => {
      await Promise.all([
        requests.setLink(index, { up: false }),
        requests.setLink(index, { up: true }),
      ]);
    }),
  ],
  [
    'a tunnel device has another name',
    on(devices, async ({ end }, { name }) => {
      end.ns.batch([`link set ${name} down`, `link set ${name} name other`, 'link set other up']);
    }),
  ],
  [
    'a tunnel ends elsewhere',
    on(
      async (at) => (await devices(at)).filter((d) => d.remote !== undefined),
      ({ requests }, device) =>
        requests.changeTunnel({
          ...device,
          remote: isIpv6(device.remote!) ? ELSEWHERE6 : ELSEWHERE4,
        } as typeof device),
    ),
  ],
  ['an XFRM state is deleted', on(states, ({ xfrm }, s) => xfrm.removeState(s))],
  [
    'an XFRM state names another care-of address',
    on(states, ({ xfrm }, s) => xfrm.updateState({ ...s, careOf: ELSEWHERE6 })),
  ],
  ['an XFRM policy is deleted', on(policies, ({ xfrm }, p) => xfrm.removePolicy(p))],
  [
    'an XFRM policy has another priority',
    on(policies, ({ xfrm }, p) => xfrm.updatePolicy({ ...p, priority: p.priority + 7 })),
  ],
  ['XFRM states are flushed', on(states, ({ xfrm }) => xfrm.flushStates())],
  ['XFRM policies are flushed', on(policies, ({ xfrm }) => xfrm.flushPolicies('sub'))],
  [
    'a traffic filter is deleted',
    on(filters, ({ requests }, f) => requests.removeTrafficFilter(f)),
  ],
  [
    'what traffic filters hang on is deleted',
    on(filters, async ({ end }, f) =>
      end.ns.run('tc', 'qdisc', 'del', 'dev', native().linkName(end.ns.path, f.link), 'clsact'),
    ),
  ],
  ['the TUN device is deleted', on(tun, ({ requests }, index) => requests.removeLink(index))],
  [
    'the TUN device is down',
    on(tun, ({ requests }, index) => requests.setLink(index, { up: false })),
  ],
  [
    'the port for tunnels in UDP is closed',
    on(
      async ({ fou }) => (await fou?.list()) ?? [],
      ({ fou }, port) => fou!.remove(port),
    ),
  ],
  ['the nft table is deleted', nftDoes(() => 'delete table inet mip6')],
  ['the nft table is flushed', nftDoes(() => 'flush chain inet mip6 prerouting')],
  ['a set of nft is emptied', nftDoes((choose) => `flush set inet mip6 ${choose(SETS)}`)],
];

const SETS = ['signalling6', 'signalling4', 'v6in6', 'v4in6', 'anyin6', 'v6inudp', 'anyinudp'];

function nftDoes(command: (choose: Choose) => string): Interference {
  return async ({ end }, choose) => {
    if (abilities.admission !== 'nft') return undefined;
    const words = command(choose).split(' ');
    const set =
      words[1] === 'set' ? await end.ns.run('nft', 'list', ...words.slice(1)) : 'elements';
    if (!set.includes('elements')) return undefined; // empty already
    await end.ns.run('nft', ...words);
    return words.join(' ');
  };
}

const mendings = ({ events }: PairEnd): number =>
  events.filter((e) => e.code === 'DATAPATH_MENDED').length;
const failures = ({ events }: PairEnd) => events.filter((e) => e.code === 'DATAPATH_FAILED');

const LIMIT = EMULATED ? 5000 : 1000; // ms: an emulated processor is many times slower
const STEP = 5; // ms
