/**
 * A lab as namespaces, bridges, ports and the `ip` lines that make them. Pure: what is planned can be read, tested,
 * and taken down again by name alone.
 *
 * Every link is a bridge in one more namespace, the switch; every interface a veth whose other end is a port there.
 * Moving a node is taking its port from one bridge to another: its own end sees the cable out and in again.
 */
import { formatPrefix } from '../../base/address.js';
import { forwards, prefixOn, type Lab, type LabNode } from '../model.js';
import { staticRoutes } from '../routes.js';

export interface NetnsPlan {
  readonly lab: string;
  readonly id: string;
  readonly switch: string;
  readonly nodes: readonly PlannedNode[];
  readonly bridges: readonly { readonly link: string; readonly bridge: string }[];
}

export interface PlannedNode {
  readonly node: string;
  readonly namespace: string;
  readonly ports: readonly { readonly interface: string; readonly port: string }[];
}

export function planLab(lab: Lab, id: string): NetnsPlan {
  const namespace = (node: string) => `mip6-${lab.name}-${id}-${node}`;
  return {
    lab: lab.name,
    id,
    switch: namespace(SWITCH),
    nodes: lab.nodes.map((node) => ({
      node: node.name,
      namespace: namespace(node.name),
      ports: node.interfaces.map((i) => ({ interface: i.name, port: `${node.name}-${i.name}` })),
    })),
    bridges: lab.links.map((link) => ({ link: link.name, bridge: `br-${link.name}` })),
  };
}

export const namespacesOf = (plan: NetnsPlan): string[] => [
  plan.switch,
  ...plan.nodes.map((n) => n.namespace),
];

/** `ip -batch` lines that make every namespace. */
export const namespaceLines = (plan: NetnsPlan): string[] =>
  namespacesOf(plan).map((name) => `netns add ${name}`);

/** Lines for `ip -n SWITCH -batch`: bridges, and a veth for every interface, which lands in its node. */
export function switchLines(lab: Lab, plan: NetnsPlan): string[] {
  const lines = ['link set lo up'];
  for (const { bridge } of plan.bridges) {
    lines.push(
      `link add name ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      // Promiscuous: whoever listens on the bridge itself sees every frame, once.
      `link set ${bridge} promisc on up`,
    );
  }
  for (const node of lab.nodes) {
    const planned = plannedNode(plan, node.name);
    for (const i of node.interfaces) {
      const port = portOf(plan, node.name, i.name);
      lines.push(
        `link add name ${port} type veth peer name ${i.name} address ${i.mac} netns ${planned.namespace}`,
        ...(i.link === null ? [] : plugLines(plan, port, i.link)),
      );
    }
  }
  return lines;
}

/** Lines for `ip -n SWITCH -batch`: the port of a node's interface, out of where it is. */
export const unplugLines = (port: string): string[] => [
  `link set ${port} down`,
  `link set ${port} nomaster`,
];
export const plugLines = (plan: NetnsPlan, port: string, link: string): string[] => [
  `link set ${port} master ${bridgeOf(plan, link)} group ${groupOf(plan, link)}`,
  `link set ${port} up`,
];

/** Lines for `ip -n NODE -batch`: addresses, and routes to every link that it is not on. */
export function nodeLines(lab: Lab, node: LabNode): string[] {
  const lines = ['link set lo up'];
  for (const i of node.interfaces) {
    const link = lab.links.find((l) => l.name === i.link);
    for (const address of i.addresses6) {
      const length = prefixOn(link, address)?.length ?? 128;
      lines.push(`address add ${address}/${length} dev ${i.name} nodad`);
    }
    if (i.address4)
      lines.push(`address add ${i.address4}/${link?.prefix4?.length ?? 32} dev ${i.name}`);
    lines.push(`link set ${i.name} up`);
  }
  for (const r of staticRoutes(lab, node)) {
    lines.push(`route add ${formatPrefix(r.destination)} via ${r.via} dev ${r.interface}`);
  }
  return lines;
}

/** Kernel settings of a node, to be in force before its interfaces come: file below /proc/sys/net, and value. */
export function sysctls(node: LabNode): [string, string][] {
  const settings: [string, string][] = [];
  const both = (family: 'ipv4' | 'ipv6', name: string, value: string) => {
    for (const scope of ['all', 'default'])
      settings.push([`${family}/conf/${scope}/${name}`, value]);
  };
  both('ipv6', 'accept_ra', '0');
  both('ipv6', 'router_solicitations', '0');
  // Tunnels and proxies bring packets in by other ways than they would go out.
  both('ipv4', 'rp_filter', '0');
  if (node.role !== 'mn') both('ipv6', 'accept_dad', '0');
  if (forwards(node)) {
    settings.push(['ipv4/ip_forward', '1']);
    both('ipv6', 'forwarding', '1');
    both('ipv4', 'send_redirects', '0');
  }
  return settings;
}

/** The bridges themselves are no hosts. */
export const SWITCH_SYSCTLS: readonly (readonly [string, string])[] = [
  ['ipv6/conf/all/disable_ipv6', '1'],
  ['ipv6/conf/default/disable_ipv6', '1'],
];

export function plannedNode(plan: NetnsPlan, node: string): PlannedNode {
  return plan.nodes.find((n) => n.node === node) ?? missing('node', node);
}

export function portOf(plan: NetnsPlan, node: string, interfaceName: string): string {
  const port = plannedNode(plan, node).ports.find((p) => p.interface === interfaceName)?.port;
  return port ?? missing('interface', `${node} ${interfaceName}`);
}

/** The device group of all ports of a link. */
export const groupOf = (plan: NetnsPlan, link: string): number =>
  1 + plan.bridges.findIndex((b) => b.link === link);

export function bridgeOf(plan: NetnsPlan, link: string): string {
  return plan.bridges.find((b) => b.link === link)?.bridge ?? missing('link', link);
}

function missing(what: string, name: string): never {
  throw new RangeError(`the lab has no ${what} ${name}`);
}

/** The namespace of the bridges; no node may have this name. */
export const SWITCH = 'switch';
