/** This machine, by `src/linux`. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { CLOCK_KEY } from '../core/role.js';
import { clockName } from '../linux/clock.js';
import { SYSTEM_SHA256 } from '../linux/digest.js';
import { native } from '../linux/native.js';
import type { Abilities } from '../linux/datapath/abilities.js';
import { chooseDatapath } from '../linux/datapath/choose-datapath.js';
import { LinuxWorld, type LinuxWorldOptions } from '../linux/linux-world.js';
import { SYSTEM_RANDOM } from '../linux/random.js';
import { DaemonError } from './error.js';
import { storeOfName } from './store-path.js';
import type { HostRequest, OpenHost } from './host.js';

export const openLinuxHost: OpenHost = async (request) => {
  const { abilities, words } = await chooseDatapath(request.datapath);
  // What an earlier run left may be of the other datapath, where this kernel can have had it.
  const able =
    request.datapath === 'userspace' ? (await chooseDatapath('auto')).abilities : abilities;
  await clean(request, able);
  if (request.udpPort !== null) await mustBeFree(request.udpPort);
  const world = await LinuxWorld.open({
    ...common(request),
    abilities,
    links: request.links,
    storeFile: storeOfName(request.name, process.env),
    // A home agent must be a router (RFC 6275 §10.1).
    ...(request.role === 'mn' ? { ownership: request.ownership } : { forwarding: true }),
  });
  world.store.set(CLOCK_KEY, clockName());
  return {
    world,
    random: SYSTEM_RANDOM,
    sha256: SYSTEM_SHA256,
    datapath: words,
    neighbourhood: () => {
      const all = Object.entries(networkInterfaces());
      return {
        interfaces: all.map(([name]) => name),
        addresses: all.flatMap(([, addresses]) => (addresses ?? []).map((a) => a.address)),
      };
    },
    counters: () => ({ ...world.counters, ...world.tunnelCounters }),
    peerOf: (fd) => native().peerCredentials(fd),
  };
};

/** What an earlier run left goes before the settings of this one come: they share a state file. */
async function clean(request: HostRequest, abilities: Abilities): Promise<void> {
  const nothing = { links: [], storeFile: null, signalling: false };
  const world = await LinuxWorld.open({ ...common(request), abilities, ...nothing });
  await world.close();
}

/** The role opens it later; then it would be too late to refuse to start. */
function mustBeFree(port: number): Promise<void> {
  return new Promise((done, fail) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      fail(
        new DaemonError(
          'PORT_IN_USE',
          `UDP port ${port} is in use by another program. \`ss -ulpn sport = :${port}\` names it: stop it first.`,
        ),
      );
    });
    socket.bind(port, () => socket.close(() => done()));
  });
}

function common({ name, journal }: HostRequest): Pick<LinuxWorldOptions, 'name' | 'onEvent'> {
  return { name, onEvent: (event, at) => journal.event(event, at) };
}
