import type { PolicyMeaning } from '../../src/diagnostics/xfrm/meaning.js';
import { policyJson, policyText, type XfrmEntryJson } from '../../src/cli/render/xfrm.js';
import { shortfall } from '../../src/cli/render/table.js';
import { XfrmCommand } from '../../src/cli/xfrm-command.js';

export interface XfrmPoliciesResult {
  readonly entries: readonly XfrmEntryJson[];
  readonly total: number;
  readonly unread: number;
}

export default class XfrmPolicies extends XfrmCommand {
  static override summary = "list the kernel's XFRM policies, and what each is for";
  static override description =
    'Read from the kernel, with or without a daemon: what each serves, whose it is, how old and how used, and what is missing or foreign. Those of one type and direction stand in the order in which the kernel looks them up.';
  static override examples = [
    '<%= config.bin %> xfrm policies',
    '<%= config.bin %> xfrm policies --netns /proc/self/ns/net -v',
    `<%= config.bin %> xfrm policies --json | jq -r '.entries[] | select(.owner == "mip6") | .serves'`,
  ];

  override async run(): Promise<XfrmPoliciesResult> {
    const { flags } = await this.parse(XfrmPolicies);
    const { meaning, unread, now, options } = await this.read(flags.netns);
    const all = [...meaning.policies].sort(byLookup);
    const entries = all.slice(0, flags.limit);
    const describe = flags.verbose ? options : undefined;
    if (all.length === 0) this.log('There are no XFRM policies here.');
    else {
      const text = entries.map((entry) => policyText(entry, { now, describe }, this.style));
      this.log(text.join('\n') + shortfall({ entries, total: all.length }));
    }
    if (unread > 0) this.log(`${unread} of the kernel's answers could not be read.`);
    return { entries: entries.map((entry) => policyJson(entry, now)), total: all.length, unread };
  }
}

/** Both types are looked up, and of each the first that matches counts. */
function byLookup({ policy: a }: PolicyMeaning, { policy: b }: PolicyMeaning): number {
  const place = ({ ptype, direction }: typeof a): string => `${ptype} ${direction}`;
  return place(b).localeCompare(place(a)) || a.priority - b.priority;
}
