/**
 * Who configures an interface: this program, or another one whose addresses and routers are then taken as they are.
 *
 * Found out once, when the interface appears. A program counts where it runs in the same network namespace: what it
 * left in /run stays behind it, and interface numbers mean nothing in another namespace.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NO_MAC } from '../base/address.js';
import type { LinkName, LinkOwner } from '../core/input.js';
import type { NetNamespace } from './native.js';
import type { KernelAddress } from './netlink/address.js';
import type { KernelLink } from './netlink/link.js';
import { readSetting } from './sysctl.js';

/** `auto`: another owner's where there is one, else ours. */
export type Ownership = 'own' | 'adopt' | 'auto';

/** Where to look; other folders in tests. */
export interface OwnerPlaces {
  readonly run: string;
  readonly proc: string;
}

export class LinkOwners {
  readonly #netns: NetNamespace;
  readonly #asked: ReadonlyMap<LinkName, Ownership>;
  readonly #places: OwnerPlaces;
  readonly #found = new Map<number, Decision>();

  constructor(
    netns: NetNamespace,
    asked: ReadonlyMap<LinkName, Ownership>,
    places: OwnerPlaces = { run: '/run', proc: '/proc' },
  ) {
    this.#netns = netns;
    this.#asked = asked;
    this.#places = places;
  }

  /** Whether any interface may turn out to be another's. */
  get mayAdopt(): boolean {
    return [...this.#asked.values()].some((ownership) => ownership !== 'own');
  }

  /** Undefined for an interface that nobody asked about. `all` are the names of the interfaces there are. */
  of(
    link: KernelLink,
    addresses: readonly KernelAddress[],
    all: readonly LinkName[],
  ): LinkOwner | undefined {
    const asked = this.#asked.get(link.name);
    if (asked === undefined) return undefined;
    const known = this.#found.get(link.index);
    if (known && !known.provisional) return known.owner;
    const decided = this.#decide(asked, link, addresses, all);
    // The same object for the same finding: it is compared by identity.
    if (known?.owner.why === decided.owner.why) return known.owner;
    this.#found.set(link.index, decided);
    return decided.owner;
  }

  /** The interface is gone: another one may get its number. */
  forget(index: number): void {
    this.#found.delete(index);
  }

  #decide(
    asked: Ownership,
    link: KernelLink,
    addresses: readonly KernelAddress[],
    all: readonly LinkName[],
  ): Decision {
    if (link.mac === NO_MAC) {
      return administrator('it has no link-layer address: routers cannot be asked there');
    }
    if (asked === 'own') {
      return { owner: { kind: 'us', why: 'RouterAdvertisements own' }, provisional: false };
    }
    const running = this.#running();
    const other =
      this.#manager(link, running) ??
      dhcpClient(link, running, all) ??
      this.#kernel(link, addresses);
    if (other) return other;
    if (asked === 'adopt') return administrator('RouterAdvertisements adopt');
    return { owner: { kind: 'us', why: 'nobody else configures it' }, provisional: false };
  }

  #manager(link: KernelLink, running: readonly Running[]): Decision | undefined {
    for (const { name, file, manages } of MANAGERS) {
      if (!running.some((r) => r.program === name)) continue;
      const path = join(this.#places.run, file(link.index));
      const text = read(path);
      if (text !== undefined && !manages(text)) continue;
      const provisional = text === undefined;
      const why = provisional ? `it runs, and ${path} is not there yet` : `${path} says so`;
      return { owner: { kind: 'other', name, leases: true, why }, provisional };
    }
    return undefined;
  }

  #kernel(link: KernelLink, addresses: readonly KernelAddress[]): Decision | undefined {
    const accept = readSetting(this.#netns, `ipv6/conf/${link.name}/accept_ra`);
    if (accept === undefined || accept === '0') return undefined;
    const made = addresses.find((a) => a.autoconfigured);
    if (!made) return undefined;
    const why = `accept_ra is ${accept}, and ${made.address} came of it`;
    return {
      owner: { kind: 'other', name: 'the kernel', leases: false, why },
      provisional: false,
    };
  }

  /** Programs that configure interfaces, and run in our network namespace. */
  #running(): Running[] {
    const { proc } = this.#places;
    const here = identity(this.#netns ?? join(proc, 'self/ns/net'));
    const found: Running[] = [];
    for (const pid of list(proc)) {
      if (!/^\d+$/.test(pid)) continue;
      const program = PROGRAM_OF.get(read(join(proc, pid, 'comm'))?.trim() ?? '');
      if (!program || here === undefined) continue;
      if (identity(join(proc, pid, 'ns/net')) !== here) continue;
      const words = (read(join(proc, pid, 'cmdline')) ?? '').split('\0');
      found.push({ program, pid, words });
    }
    return found;
  }
}

interface Decision {
  readonly owner: LinkOwner;
  /** To be looked at again: a program that has just seen the interface may not have said yet. */
  readonly provisional: boolean;
}

interface Running {
  readonly program: string;
  readonly pid: string;
  readonly words: readonly string[];
}

const administrator = (why: string): Decision => ({
  owner: { kind: 'other', name: 'the administrator', leases: true, why },
  provisional: false,
});

function dhcpClient(
  link: KernelLink,
  running: readonly Running[],
  all: readonly LinkName[],
): Decision | undefined {
  for (const { program, pid, words } of running) {
    if (!DHCP_CLIENTS.includes(program)) continue;
    const named = words.slice(1).filter((word) => all.includes(word));
    // Without a name it serves them all.
    if (named.length > 0 && !named.includes(link.name)) continue;
    const why = `it runs here, process ${pid}`;
    return { owner: { kind: 'other', name: program, leases: true, why }, provisional: false };
  }
  return undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not there, or gone in this moment
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Which file it is, by whatever name. */
function identity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

interface Manager {
  /** Of the program too. */
  readonly name: string;
  /** Below /run. */
  readonly file: (index: number) => string;
  readonly manages: (text: string) => boolean;
}

const MANAGERS: readonly Manager[] = [
  {
    name: 'systemd-networkd',
    file: (index) => `systemd/netif/links/${index}`,
    manages: (text) => /^ADMIN_STATE=(?!unmanaged)/m.test(text),
  },
  {
    name: 'NetworkManager',
    file: (index) => `NetworkManager/devices/${index}`,
    manages: (text) => /^managed=(true|yes|1)\s*$/m.test(text),
  },
];
const DHCP_CLIENTS: readonly string[] = ['dhclient', 'dhcpcd', 'udhcpc', 'connmand'];
const COMM_LENGTH = 15; // TASK_COMM_LEN of linux/sched.h, without its end
const PROGRAM_OF: ReadonlyMap<string, string> = new Map(
  [...MANAGERS.map((m) => m.name), ...DHCP_CLIENTS].map((name) => [
    name.slice(0, COMM_LENGTH),
    name,
  ]),
);
