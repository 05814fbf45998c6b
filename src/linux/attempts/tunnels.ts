/** Tunnel devices, and tunnels in UDP. */
import { ipv4, ipv6, prefix } from '../../base/address.js';
import { FouPorts, type FouPort } from '../netlink/fou.js';
import type { Attempt } from './bench.js';

export const ip6tnl: Attempt = async (bench) => {
  await bench.makeTunnel({ ...IP6TNL, local: LOCAL6, remote: REMOTE6 });
};

/** The one device of all bindings, with a route into it. */
export const ip6tnlExternal: Attempt = async (bench) => {
  const index = await bench.makeTunnel({ ...IP6TNL, external: true });
  await bench.requests.addRoute(
    {
      type: 'unicast',
      table: MAIN,
      protocol: STATIC,
      destination: prefix('2001:db8:1::1/128'),
      index,
      via: undefined,
      preferredSource: undefined,
      metric: 1,
      encapsulation: { source: LOCAL6, destination: REMOTE6, hopLimit: 64 },
    },
    'exclusive',
  );
};

/** With and without another end. */
export const sit: Attempt = async (bench) => {
  await bench.makeTunnel({ ...SIT, local: ipv4('192.0.2.1'), remote: ipv4('192.0.2.2') });
  await bench.makeTunnel({ ...SIT, local: ipv4('192.0.2.3') });
};

export const ipip: Attempt = async (bench) => {
  await bench.makeTunnel({
    type: 'ipip',
    mode: 'ipip',
    hopLimit: 64,
    pathMtuDiscovery: true,
    local: ipv4('192.0.2.5'),
    remote: ipv4('192.0.2.6'),
  });
};

export const fouPort: Attempt = (bench) =>
  openPort(bench, { port: 4192, family: 4, kind: 'fou', protocol: IPV6_IN_IP });

/** RFC 5555 §4.1: what is in the datagram is an IPv4 or an IPv6 packet. GUE calls that variant 1. */
export const guePort: Attempt = (bench) => openPort(bench, { port: 4191, family: 4, kind: 'gue' });

export const encapFou: Attempt = async (bench) => {
  const encapsulation = { sourcePort: 4191, destinationPort: 4191, checksum: false } as const;
  await bench.makeTunnel({
    ...SIT,
    local: ipv4('192.0.2.1'),
    remote: ipv4('192.0.2.4'),
    encapsulation: { kind: 'fou', ...encapsulation },
  });
};

async function openPort({ netns, outbox }: Parameters<Attempt>[0], port: FouPort): Promise<void> {
  const ports = await FouPorts.open(netns, outbox);
  try {
    await ports.add(port);
  } finally {
    ports.close();
  }
}

const LOCAL6 = ipv6('2001:db8::1');
const REMOTE6 = ipv6('2001:db8::2');
const IP6TNL = { type: 'ip6tnl', mode: 'any', hopLimit: 64, encapLimit: 'none' } as const;
const SIT = { type: 'sit', mode: 'any', hopLimit: 64, pathMtuDiscovery: true } as const;
const MAIN = 254;
const STATIC = 4; // rtm_protocol
const IPV6_IN_IP = 41;
