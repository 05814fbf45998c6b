/** What the daemon needs of the machine it runs on, so that it runs the same in a laboratory and under test. */
import type { Peer } from '../control/server.js';
import type { LinkName } from '../core/input.js';
import type { Random } from '../core/random.js';
import type { Journal, World } from '../ports/index.js';

export interface HostRequest {
  /** Of this daemon: state files and devices carry it. */
  readonly name: string;
  readonly role: 'mn' | 'ha';
  /** Interfaces that the configuration names. */
  readonly links: readonly LinkName[];
  readonly udpPort: number;
  readonly journal: Journal;
}

export interface Host {
  readonly world: World;
  readonly random: Random;
  /** How packets are forwarded, for `status`. */
  readonly datapath: string;
  /** Credentials of a control connection, where the host can tell. */
  readonly peerOf?: ((fd: number) => Peer | undefined) | undefined;
  /** Removes what an earlier run left; true when there was anything. */
  clean(): Promise<boolean>;
}

export type OpenHost = (request: HostRequest) => Promise<Host>;
