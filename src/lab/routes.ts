/**
 * Static routes of a lab: for every node, a route to each link that it is not on, by the fewest hops.
 * What is inside a NAT is not routed outside; mobile nodes have none, they learn theirs.
 */
import { formatPrefix, type IpAddress, type Prefix } from '../base/address.js';
import { forwards, prefixOn, type Lab, type LabInterface, type LabNode } from './model.js';

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
  const addressesOf = (i: LabInterface): readonly IpAddress[] =>
    family === '6' ? i.addresses6 : i.address4 ? [i.address4] : [];
  const linkOf = (name: string | null) => lab.links.find((l) => l.name === name);
  const reached = new Set<string>(); // links
  const routed = new Map<string, StaticRoute | null>(); // by prefix; null: on a link of its own
  const queue: { readonly link: string; readonly via: Hop | null; readonly port: string }[] = [];
  for (const i of node.interfaces) {
    if (i.link === null || addressesOf(i).length === 0) continue;
    for (const a of addressesOf(i)) {
      const prefix = prefixOn(linkOf(i.link), a);
      if (prefix) routed.set(formatPrefix(prefix), null);
    }
    if (reached.has(i.link)) continue;
    reached.add(i.link);
    queue.push({ link: i.link, via: null, port: i.name });
  }
  /** The first hop is a neighbour: an address of a prefix that the node itself has there. */
  const hopTo = (addresses: readonly IpAddress[], at: { link: string; port: string }) => {
    const via = addresses.find((a) => {
      const prefix = prefixOn(linkOf(at.link), a);
      return prefix && routed.get(formatPrefix(prefix)) === null;
    });
    return via && { via, interface: at.port };
  };
  for (let at = queue.shift(); at; at = queue.shift()) {
    for (const next of lab.nodes) {
      if (next === node || !forwards(next)) continue;
      const entry = next.interfaces.find((i) => i.link === at.link && addressesOf(i).length > 0);
      if (!entry) continue;
      const hop = at.via ?? hopTo(addressesOf(entry), at);
      if (!hop) continue;
      for (const exit of next.interfaces) {
        if (exit.link === null) continue;
        // From outside nobody knows what is inside.
        if (next.role === 'nat' && family === '4' && entry.name === next.outside) continue;
        // A router knows the way to those prefixes of a link in which it has an address.
        for (const a of addressesOf(exit)) {
          const destination = prefixOn(linkOf(exit.link), a);
          if (!destination || routed.has(formatPrefix(destination))) continue;
          routed.set(formatPrefix(destination), { destination, ...hop });
        }
        if (addressesOf(exit).length === 0 || reached.has(exit.link)) continue;
        reached.add(exit.link);
        queue.push({ link: exit.link, via: hop, port: at.port });
      }
    }
  }
  return [...routed.values()].filter((route) => route !== null);
}

type Hop = Pick<StaticRoute, 'via' | 'interface'>;
