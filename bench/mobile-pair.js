// A mobile node's and a home agent's datapath as their roles declare them, in namespaces of the guest kernel that this runs in.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { bindingItems, DeclaredItems, signallingItem } from '../dist/src/core/ha/datapath.js';
import { mobileNodeDatapath } from '../dist/src/core/mn/datapath.js';
import { USER_SPACE } from '../dist/src/linux/datapath/abilities.js';
import { probeAbilities } from '../dist/src/linux/datapath/probe-abilities.js';
import { LinuxWorld } from '../dist/src/linux/index.js';

export const HOME = '2001:db8:a::100';
export const AGENT = '2001:db8:a::1';
const HOME4 = '10.10.0.100';
const PLACES = { a: '2001:db8:1::2', b: '2001:db8:2::2' };
let count = 0;

/** Namespaces of both on one cable, and how to open the datapath of both, bound. */
export async function newPair() {
  const [mn, ha] = [namespace(), namespace()];
  batch(ha, ['link add spare type bridge', `link add eth0 type veth peer name eth0 netns ${mn}`]);
  batch(ha, [
    'link set eth0 up',
    'addr add fe80::1/64 dev eth0 nodad',
    'addr add 2001:db8:1::1/64 dev eth0 nodad',
    `addr add ${AGENT}/128 dev lo`,
  ]);
  batch(mn, [
    'link set eth0 up',
    'addr add 2001:db8:1::2/64 dev eth0 nodad',
    'route add default via fe80::1 dev eth0 metric 9000',
  ]);
  return {
    mn,
    ha,
    open: async (way) => {
      const agent = await newHomeAgent(way, ha);
      const node = await newMobileNode(way, mn);
      await agent.bindTo(HOME, HOME4, PLACES.a);
      await node.at('a');
      return async () => {
        await node.close();
        await agent.close();
      };
    },
    remove: () => {
      for (const name of [mn, ha]) execFileSync('ip', ['netns', 'del', name]);
    },
  };
}

/** In a namespace of its own unless one is given. `way` is kernel or userspace. */
export async function newHomeAgent(way, name = hostNamespace([`addr add ${AGENT}/128 dev lo`])) {
  const { world, admission } = await open(way, name);
  const declared = new DeclaredItems(signallingItem({ address4: null, dsmip: false }, [AGENT]));
  const items = new Map();
  const bindTo = (homeAddress, homeAddress4, remote) => {
    const attachment = { path: 'ipv6', local: AGENT, remote };
    const was = items.get(homeAddress) ?? [];
    const is = bindingItems({ homeAddress, homeAddress4, attachment }, was);
    items.set(homeAddress, is);
    declared.replace(was, is);
    return world.datapath.apply(declared.state());
  };
  return {
    world,
    admission,
    bindTo,
    /** Number `n` of many, at one place or another. */
    bind: async (n, place = 0, dual = true) => {
      const low = (n + 1).toString(16);
      const home4 = `10.${64 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
      await bindTo(`2001:db8:a:1::${low}`, dual ? home4 : null, `2001:db8:b:${place}::${low}`);
      // The kernel answers at once. Notices have their turn as in a daemon, or wait in a socket and are memory.
      await new Promise((resolve) => setImmediate(resolve));
    },
    operations: () => world.operations,
    close: () => world.close(),
  };
}

export async function newMobileNode(way, name = nodeNamespace()) {
  const { world } = await open(way, name);
  const careOf = Object.values(PLACES).map((address) => ({
    address,
    prefixLength: 64,
    link: 'eth0',
    router: 'fe80::1',
  }));
  return {
    /** Both care-of addresses are there; the binding is at this one. */
    at: (place) =>
      world.datapath.apply(
        mobileNodeDatapath({
          homes: [
            {
              homeAddress: HOME,
              slot: 0,
              homeAddress4: { address: HOME4, prefixLength: 24 },
              where: {
                kind: 'away',
                tunnel: {
                  local: PLACES[place],
                  remote: AGENT,
                  link: 'eth0',
                  udp: null,
                  pathMtu: 1500,
                },
                ipv4Bound: true,
                signalling: { peer: AGENT, careOf: PLACES[place] },
              },
            },
          ],
          careOf,
          udpPort: null,
        }),
      ),
    operations: () => world.operations,
    close: () => world.close(),
  };
}

/** KiB of the kernel's own objects, once what it can do without is gone. */
export function kernelMemory() {
  writeFileSync('/proc/sys/vm/drop_caches', '3');
  const text = readFileSync('/proc/meminfo', 'latin1');
  const of = (name) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)[1]);
  return of('Slab') + of('Percpu') + of('VmallocUsed');
}

async function open(way, name) {
  const { abilities } = way === 'kernel' ? await probeAbilities() : { abilities: USER_SPACE };
  const world = await LinuxWorld.open({
    abilities,
    name,
    netns: `/run/netns/${name}`,
    links: ['eth0'],
    storeFile: null,
    stateFile: `/tmp/${name}.state.json`,
    tunnelName: 'mip6',
    onEvent: (event) => console.error(event.code, JSON.stringify(event.fields)),
  });
  world.listen(() => {});
  return { world, admission: abilities.admission ?? 'userspace' };
}

function namespace() {
  const name = `mip6b-${process.pid}-${count++}`;
  execFileSync('ip', ['netns', 'add', name]);
  batch(name, ['link set lo up']);
  return name;
}

function hostNamespace(lines) {
  const name = namespace();
  batch(name, lines);
  return name;
}

function nodeNamespace() {
  const name = namespace();
  const far = namespace();
  batch(far, [
    'link add spare type bridge',
    `link add eth0 type veth peer name eth0 netns ${name}`,
  ]);
  batch(far, ['link set eth0 up']);
  batch(name, ['link set eth0 up']);
  return name;
}

const batch = (name, lines) =>
  execFileSync('ip', ['-n', name, '-batch', '-'], { input: lines.join('\n') });
