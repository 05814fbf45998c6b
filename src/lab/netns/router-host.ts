/** An access router of a lab: the kernel of its namespace forwards, this advertises and leases on its interfaces. */
import { randomBytes } from 'node:crypto';
import type { EventNotice } from '../../control/api.js';
import { eventNotice } from '../../control/view.js';
import type { Random } from '../../core/random.js';
import { AccessRouter } from '../../core/router/access-router.js';
import { LinuxWorld } from '../../linux/linux-world.js';
import { Pump } from '../../ports/pump.js';
import type { Lab, LabNode } from '../model.js';
import { accessRouterOptions } from '../roles.js';

export interface RouterPlace {
  /** Path of its namespace. */
  readonly netns: string;
  readonly stateFile: string;
  readonly event: (notice: EventNotice) => void;
}

export class RouterHost {
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
    return new RouterHost(new Pump(new AccessRouter(options, RANDOM), world), world);
  }

  private constructor(pump: Pump, world: LinuxWorld) {
    this.#pump = pump;
    this.#world = world;
    pump.start();
  }

  async close(): Promise<void> {
    this.#pump.close();
    await this.#world.close();
  }
}

const RANDOM: Random = {
  octets: (n) => new Uint8Array(randomBytes(n)),
  fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};
