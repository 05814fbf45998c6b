/**
 * Finds out what this kernel can do of a datapath by doing it, in a namespace that goes away again. Some 20 ms; the
 * modules that it takes are loaded then.
 */
import { ipv4, ipv6, prefix } from '../../base/address.js';
import { LinuxError } from '../error.js';
import { FouPorts } from '../netlink/fou.js';
import { Outbox } from '../netlink/outbox.js';
import { RtNetlink, type Tunnel } from '../netlink/rtnetlink.js';
import { XfrmNetlink } from '../netlink/xfrm/xfrm-netlink.js';
import { ScratchNamespace } from '../scratch-namespace.js';
import type { Abilities } from './abilities.js';
import type { KernelObject } from './kernel-object.js';
import { nft } from './nft.js';
import { homeAddressObjects } from './plan-xfrm.js';

/** One thing that a kernel can do or not, and why not. */
export interface Finding {
  readonly ability: 'mobileIpv6' | 'tunnels6' | 'tunnels4' | 'udpTunnels' | 'nft' | 'flower';
  /** Undefined: it can. */
  readonly failure: LinuxError | undefined;
}

export interface Probed {
  readonly abilities: Abilities;
  readonly findings: readonly Finding[];
}

/** Throws `LinuxError` where no namespace can be made to try in. */
export async function probeAbilities(): Promise<Probed> {
  const scratch = new ScratchNamespace();
  const outbox = new Outbox();
  const requests = new RtNetlink(scratch.path, outbox);
  try {
    const findings: Finding[] = [];
    for (const [ability, attempt] of ATTEMPTS) {
      const failure = await failureOf(() => attempt({ netns: scratch.path, requests, outbox }));
      findings.push({ ability, failure });
    }
    const can = (ability: Finding['ability']): boolean =>
      findings.some((f) => f.ability === ability && f.failure === undefined);
    const admission = can('nft') ? 'nft' : can('flower') ? 'flower' : null;
    const abilities: Abilities = {
      mobileIpv6: can('mobileIpv6'),
      tunnels6: can('tunnels6'),
      tunnels4: can('tunnels4'),
      // Only nftables sees the outer address and port of a tunnel in UDP.
      udpTunnels: can('udpTunnels') && can('nft'),
      admission,
    };
    return { abilities, findings };
  } finally {
    requests.close();
    scratch.close();
  }
}

interface Bench {
  readonly netns: string;
  readonly requests: RtNetlink;
  readonly outbox: Outbox;
}

/** RFC 6275 §6.3, §6.4: both headers, under sub policies. */
async function mobileIpv6({ netns, outbox }: Bench): Promise<void> {
  const xfrm = new XfrmNetlink(netns, outbox);
  try {
    const objects: KernelObject[] = homeAddressObjects({
      kind: 'homeAddress',
      home: ipv6('2001:db8::2'),
      peer: ipv6('2001:db8::1'),
      careOf: ipv6('2001:db8:1::2'),
    });
    for (const object of objects) {
      if (object.kind === 'state') await xfrm.addState(object.state);
      else if (object.kind === 'policy') await xfrm.addPolicy(object.policy);
    }
  } finally {
    xfrm.close();
  }
}

/** The device of all bindings with a route into it, and one of its own. */
async function tunnels6({ requests }: Bench): Promise<void> {
  const local = ipv6('2001:db8::1');
  const destination = ipv6('2001:db8::2');
  await requests.createTunnel(device('p6', 1, { ...IP6TNL, local, remote: destination }));
  await requests.createTunnel(device('p6x', 2, { ...IP6TNL, external: true }));
  await requests.addRoute(
    {
      type: 'unicast',
      table: MAIN,
      protocol: STATIC,
      destination: prefix('2001:db8:1::1/128'),
      index: FIRST + 2,
      via: undefined,
      preferredSource: undefined,
      metric: 1,
      encapsulation: { source: local, destination, hopLimit: 64 },
    },
    'exclusive',
  );
}

async function tunnels4({ requests }: Bench): Promise<void> {
  await requests.createTunnel(device('p4', 3, { ...SIT, ...ENDS }));
  await requests.createTunnel(device('p4r', 4, { ...SIT, local: ipv4('192.0.2.3') }));
}

/** RFC 5555 §4.1: datagrams taken in by a GUE port, sent by a device. */
async function udpTunnels({ netns, outbox, requests }: Bench): Promise<void> {
  const fou = await FouPorts.open(netns, outbox);
  try {
    await fou.add({ port: 4191, family: 4, kind: 'gue' });
    const encapsulation = {
      kind: 'fou',
      sourcePort: 4191,
      destinationPort: 4191,
      checksum: false,
    } as const;
    const remote = ipv4('192.0.2.4');
    await requests.createTunnel(device('p4u', 5, { ...SIT, ...ENDS, remote, encapsulation }));
  } finally {
    fou.close();
  }
}

function tableOfIp({ netns }: Bench): Promise<void> {
  return nft(netns, 'table inet probe { set s { typeof ip6 saddr . @nh,384,128; }\n }');
}

/** Needs `tunnels6`. */
async function flower({ requests }: Bench): Promise<void> {
  const link = FIRST + 2;
  await requests.addClsact(link);
  await requests.putTrafficFilter({ kind: 'drop', link });
  await requests.putTrafficFilter({
    kind: 'source',
    link,
    handle: 1,
    outerSource: ipv6('2001:db8::2'),
    innerSource: prefix('2001:db8:1::1/128'),
  });
}

async function failureOf(attempt: () => Promise<void>): Promise<LinuxError | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof LinuxError) return error;
    throw error;
  }
}

const device = <T extends Tunnel>(name: string, slot: number, tunnel: T) => ({
  ...tunnel,
  name,
  index: FIRST + slot,
  group: 0,
  up: true,
});

/** In this order: the last one stands on an earlier one. */
const ATTEMPTS = [
  ['mobileIpv6', mobileIpv6],
  ['tunnels6', tunnels6],
  ['tunnels4', tunnels4],
  ['udpTunnels', udpTunnels],
  ['nft', tableOfIp],
  ['flower', flower],
] as const satisfies readonly (readonly [Finding['ability'], (bench: Bench) => Promise<void>])[];

const FIRST = 1000; // interface indices, in a namespace of our own
const MAIN = 254;
const STATIC = 4; // rtm_protocol
const IP6TNL = { type: 'ip6tnl', mode: 'any', hopLimit: 64, encapLimit: 'none' } as const;
const SIT = { type: 'sit', mode: 'any', hopLimit: 64, pathMtuDiscovery: true } as const;
const ENDS = { local: ipv4('192.0.2.1'), remote: ipv4('192.0.2.2') };
