/** What makes a NAT of a router: nftables, or iptables in a kernel whose nftables has no `ip` family. */
import type { LabNode } from '../model.js';
import { CommandError, find, tryRun } from './command.js';

/** Nothing for nodes that are none. Throws `CommandError` with what nft said, and iptables too where it is there. */
export async function setUpNat(node: LabNode, namespace: string): Promise<void> {
  const rules = natRules(node);
  if (rules === null) return;
  const inside = ['ip', 'netns', 'exec', namespace];
  const nft = [...inside, find('nft') ?? 'nft', '-f', '-'];
  const byNft = await tryRun(nft, rules);
  if (byNft.code === 0) return;
  const iptables = find('iptables-legacy');
  if (iptables === undefined)
    throw new CommandError(nft, { ...byNft, stderr: `${byNft.stderr.trim()}\n${REMEDY}` });
  const legacy = [...inside, iptables, ...iptablesArguments(node)];
  const byIptables = await tryRun(legacy);
  if (byIptables.code === 0) return;
  const stderr = `${byIptables.stderr.trim()}; and before that nft: ${byNft.stderr.trim()}`;
  throw new CommandError(legacy, { ...byIptables, stderr });
}

/** For `nft -f`. Null for nodes that are no NAT. */
export function natRules(node: LabNode): string | null {
  if (node.role !== 'nat') return null;
  return `table ip mip6_lab {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "${node.outside}" masquerade
  }
}
`;
}

export const iptablesArguments = (node: LabNode): string[] =>
  `-w -t nat -A POSTROUTING -o ${node.outside} -j MASQUERADE`.split(' ');

const REMEDY =
  'A kernel whose nftables has no ip family needs "iptables-legacy": apt-get install iptables';
