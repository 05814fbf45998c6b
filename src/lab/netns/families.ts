/** What a link does not carry: a rule of nftables in the switch for the ports of its bridge, which are one device group. */
import type { Family } from '../script.js';
import { CommandError, find, tryRun } from './command.js';
import { groupOf, type NetnsPlan } from './plan.js';

export interface Dropped {
  readonly link: string;
  readonly family: Family;
}

/** Throws `CommandError` with what nft said. */
export async function dropFamilies(plan: NetnsPlan, dropped: readonly Dropped[]): Promise<void> {
  const command = ['ip', 'netns', 'exec', plan.switch, find('nft') ?? 'nft', '-f', '-'];
  const result = await tryRun(command, familyRules(plan, dropped));
  if (result.code !== 0) throw new CommandError(command, result);
}

/** For `nft -f`: the whole table, in place of the one before. */
export function familyRules(plan: NetnsPlan, dropped: readonly Dropped[]): string {
  const rules = dropped.map(
    ({ link, family }) =>
      `    iifgroup ${groupOf(plan, link)} meta protocol ${PROTOCOLS[family]} drop`,
  );
  return `table bridge mip6_lab
delete table bridge mip6_lab
table bridge mip6_lab {
  chain forward {
    type filter hook forward priority 0
${rules.map((rule) => `${rule}\n`).join('')}  }
}
`;
}

/** IPv4 is nothing without ARP. */
const PROTOCOLS: Readonly<Record<Family, string>> = { ipv6: 'ip6', ipv4: '{ ip, arp }' };
