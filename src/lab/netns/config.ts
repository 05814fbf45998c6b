/** What a lab says of a node, as the `mip6d.conf` that the real daemon reads. */
import { formatPrefix, prefixOf } from '../../base/address.js';
import type { Lab, LabNode } from '../model.js';
import { agentAddresses, homeAddressesOf, mobilesOf, static4 } from '../roles.js';

/** What `lab run --datapath` asks of every daemon. */
export type DatapathAsked = 'kernel' | 'userspace' | undefined;

/** Throws nothing: `parseLab` has seen to it that what is read here is there. */
export function daemonConfig(lab: Lab, node: LabNode, datapath?: DatapathAsked): string {
  const text = node.role === 'mn' ? mobileNode(lab, node) : homeAgent(lab, node);
  return datapath === undefined ? text : `${text}Datapath ${datapath};\n`;
}

function mobileNode(lab: Lab, node: LabNode): string {
  const home = node.home!;
  const own4 = static4(home);
  const { config } = node;
  // With several interfaces nothing says which one will be at home.
  const label = node.interfaces[0]!.name;
  return lines([
    `# ${node.name} of lab ${lab.name}`,
    'NodeConfig MN;',
    'UseMnHaIPsec disabled;',
    'DoRouteOptimizationMN disabled;',
    'MnUseDsmip6 enabled;',
    'MnAddressGeneration eui64;',
    home.address4 && 'MnSupportIPv4Traffic enabled;',
    config.lifetime !== undefined && `MnMaxHaBindingLife ${units(config.lifetime)};`,
    config.natRefresh !== undefined && `MnNatKeepalive ${config.natRefresh};`,
    config.forceUdp !== undefined && `MnForceUdp ${onOff(config.forceUdp)};`,
    ...node.interfaces.map(
      (i, n) => `Interface "${i.name}" { MnIfPreference ${n + 1}; UseDhcp enabled; }`,
    ),
    `MnHomeLink "${label}" {`,
    `  HomeAgentAddress ${home.agent6};`,
    home.agent4 && `  HomeAgentV4Address ${home.agent4};`,
    `  HomeAddress ${home.address6}/${home.prefix6.length};`,
    `  HomePrefix ${formatPrefix(home.prefix6)};`,
    home.address4 === 'dynamic' && '  HomeV4Address dynamic;',
    own4 && `  HomeV4Address ${own4.address}/${own4.prefixLength};`,
    '}',
  ]);
}

function homeAgent(lab: Lab, node: LabNode): string {
  const { config } = node;
  const mobiles = mobilesOf(lab, node);
  const { address6, address4 } = agentAddresses(lab, node);
  return lines([
    `# ${node.name} of lab ${lab.name}`,
    'NodeConfig HA;',
    'UseMnHaIPsec disabled;',
    `HomeAgentAddress ${address6};`,
    'HaAcceptDsmip6 enabled;',
    address4 && `HomeAgentV4Address ${address4};`,
    config.dad !== undefined && `HaDadMode ${config.dad};`,
    config.lifetime !== undefined && `HaMaxBindingLife ${units(config.lifetime)};`,
    config.natRefresh !== undefined && `HaNatRefresh ${config.natRefresh};`,
    config.forceUdp !== undefined && `HaForceUdp ${onOff(config.forceUdp)};`,
    config.prefixInterval !== undefined && `MinMobPfxAdvInterval ${config.prefixInterval};`,
    config.prefixInterval !== undefined && `MaxMobPfxAdvInterval ${config.prefixInterval};`,
    ...homeInterfaces(lab, node),
    config.pool4 && `HaHomeV4Pool ${formatPrefix(config.pool4)};`,
    'DefaultBindingAclPolicy deny;',
    ...mobiles.flatMap(({ home }) => {
      const own4 = static4(home);
      const four = own4 ? ` HomeV4Address ${own4.address}` : '';
      return homeAddressesOf(lab, home).map((own) => `BindingAclPolicy ${own}${four} allow;`);
    }),
    ...mobiles.map(({ home }) => {
      const own4 = static4(home);
      return own4 && `HaAcceptIPv4Traffic ${own4.address};`;
    }),
  ]);
}

function homeInterfaces(lab: Lab, node: LabNode): string[] {
  return node.interfaces.flatMap((i) => {
    const link = lab.links.find((l) => l.name === i.link);
    if (!link?.home || !link.prefix6) return [];
    const prefix = prefixOf(link.prefix6.address, link.prefix6.length);
    return [`Interface "${i.name}" { HomePrefix ${formatPrefix(prefix)}; }`];
  });
}

const lines = (parts: readonly (string | false | null | undefined)[]): string =>
  `${parts.filter((part) => typeof part === 'string' && part !== '').join('\n')}\n`;

/** RFC 6275 §6.1.7: lifetimes are counted in 4 s. */
const units = (seconds: number): number => Math.max(4, Math.floor(seconds / 4) * 4);
const onOff = (on: boolean): string => (on ? 'enabled' : 'disabled');
