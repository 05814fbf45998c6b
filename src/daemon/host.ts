/** What the daemon needs of the machine it runs on, so that it runs the same in a laboratory and under test. */
import type { Peer } from '../control/server.js';
import type { LinkName } from '../core/input.js';
import type { Sha256 } from '../core/digest.js';
import type { Random } from '../core/random.js';
import type { Ownership } from '../linux/link-owners.js';
import type { Journal, World } from '../ports/index.js';

export interface HostRequest {
  /** Of this daemon: state files and devices carry it. */
  readonly name: string;
  readonly role: 'mn' | 'ha';
  /** Interfaces that the configuration names. */
  readonly links: readonly LinkName[];
  /** Of a mobile node's interfaces: who configures them. */
  readonly ownership: ReadonlyMap<LinkName, Ownership>;
  /** What is to forward packets. */
  readonly datapath: 'auto' | 'kernel' | 'userspace';
  /** UDP port that the role will take in; null without RFC 5555. */
  readonly udpPort: number | null;
  readonly journal: Journal;
}

export interface Host {
  readonly world: World;
  readonly random: Random;
  readonly sha256: Sha256;
  /** How packets are forwarded, for `status`. */
  readonly datapath: string;
  /** Interfaces and addresses beyond those that the role sees. */
  neighbourhood(): Neighbourhood;
  /** What the host counts of packets, by reason. */
  counters(): Readonly<Record<string, number>>;
  /** Credentials of a control connection, where the host can tell. */
  readonly peerOf?: ((fd: number) => Peer | undefined) | undefined;
}

export interface Neighbourhood {
  readonly interfaces: readonly LinkName[];
  readonly addresses: readonly string[];
}

/** Opens the host, free of what an earlier run of the same name left. */
export type OpenHost = (request: HostRequest) => Promise<Host>;
