/** An access router of a lab: the kernel of its namespace forwards, this advertises and leases on its interfaces. */
import { randomBytes } from 'node:crypto';
import type { EventNotice } from '../../control/api.js';
import { eventNotice } from '../../control/view.js';
import type { Random } from '../../core/random.js';
import { AccessRouter, type AccessRouterOptions } from '../../core/router/access-router.js';
import { LinuxWorld } from '../../linux/linux-world.js';
import { Pump } from '../../ports/pump.js';
import { findNode, type Lab, type LabNode } from '../model.js';
import { accessRouterOptions } from '../roles.js';

export interface RouterPlace {
  /** Path of its namespace. */
  readonly netns: string;
  readonly stateFile: string;
  readonly event: (notice: EventNotice) => void;
}

export class RouterHost {
  readonly #node: string;
  readonly #role: AccessRouter;
  readonly #pump: Pump;
  readonly #world: LinuxWorld;

  /** Undefined when the lab gives the node nothing to advertise or lease. Throws `LinuxError`. */
  static async open(lab: Lab, node: LabNode, place: RouterPlace): Promise<RouterHost | undefined> {
    const options = accessRouterOptions(lab, node);
    if (!options) return undefined;
    const world = await LinuxWorld.open({
      name: `${node.name}-router`,
      netns: place.netns,
      links: [...new Set([...options.advertise, ...options.dhcp].map((each) => each.link))],
      storeFile: null,
      stateFile: place.stateFile,
      signalling: false,
      onEvent: (event, at) => place.event(eventNotice(event, at, new Date(), node.name)),
    });
    return new RouterHost(node.name, new AccessRouter(options, RANDOM), world);
  }

  private constructor(node: string, role: AccessRouter, world: LinuxWorld) {
    this.#node = node;
    this.#role = role;
    this.#pump = new Pump(role, world);
    this.#world = world;
    this.#pump.start();
  }

  /** Advertises and leases from now on what `lab` says, on the links that it had at the start. */
  configure(lab: Lab): void {
    const options = accessRouterOptions(lab, findNode(lab, this.#node)!) ?? NOTHING;
    this.#pump.do((_, now) => this.#role.configure(options, now));
  }

  async close(): Promise<void> {
    this.#pump.close();
    await this.#world.close();
  }
}

const NOTHING: AccessRouterOptions = { advertise: [], dhcp: [] };
const RANDOM: Random = {
  octets: (n) => new Uint8Array(randomBytes(n)),
  fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};
