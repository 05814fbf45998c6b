/**
 * Static routes of a lab: for every node, a route to each link that it is not on, by the fewest hops.
 * What is inside a NAT is not routed outside; mobile nodes have none, they learn theirs.
 */
import type { IpAddress, Prefix } from '../base/address.js';
import { forwards, type Lab, type LabNode } from './model.js';

export interface StaticRoute {
  readonly destination: Prefix;
  readonly via: IpAddress;
  /** Of the node whose route it is. */
  readonly interface: string;
}

export function staticRoutes(lab: Lab, node: LabNode): StaticRoute[] {
  if (node.role === 'mn') return [];
  return (['6', '4'] as const).flatMap((family) => ofFamily(lab, node, family));
}

function ofFamily(lab: Lab, node: LabNode, family: '6' | '4'): StaticRoute[] {
  const address = `address${family}` as const;
  const prefix = `prefix${family}` as const;
  const reached = new Map<string, { via: IpAddress; interface: string } | null>();
  const queue: string[] = [];
  const firstPort = new Map<string, string>();
  for (const i of node.interfaces) {
    if (i.link === null || !i[address] || reached.has(i.link)) continue;
    reached.set(i.link, null);
    firstPort.set(i.link, i.name);
    queue.push(i.link);
  }
  for (let link = queue.shift(); link !== undefined; link = queue.shift()) {
    for (const next of lab.nodes) {
      if (next === node || !forwards(next)) continue;
      const entry = next.interfaces.find((i) => i.link === link && i[address]);
      if (!entry) continue;
      for (const exit of next.interfaces) {
        if (exit.link === null || !exit[address] || reached.has(exit.link)) continue;
        // From outside nobody knows what is inside.
        if (next.role === 'nat' && family === '4' && entry.name === next.outside) continue;
        const before = reached.get(link);
        reached.set(exit.link, before ?? { via: entry[address]!, interface: firstPort.get(link)! });
        queue.push(exit.link);
      }
    }
  }
  const routes: StaticRoute[] = [];
  for (const [link, hop] of reached) {
    const destination = lab.links.find((l) => l.name === link)?.[prefix];
    if (hop && destination) routes.push({ destination, via: hop.via, interface: hop.interface });
  }
  return routes;
}
