import { stateJson, stateText, type XfrmEntryJson } from '../../src/cli/render/xfrm.js';
import { shortfall } from '../../src/cli/render/table.js';
import { XfrmCommand } from '../../src/cli/xfrm-command.js';

export interface XfrmStatesResult {
  readonly entries: readonly XfrmEntryJson[];
  readonly total: number;
  readonly unread: number;
}

export default class XfrmStates extends XfrmCommand {
  static override summary = "list the kernel's XFRM states, and what each is for";
  static override description =
    'Read from the kernel, with or without a daemon: what each serves, whose it is, how old and how used, and what is missing or foreign. Keys are neither read nor shown.';
  static override examples = [
    '<%= config.bin %> xfrm states',
    '<%= config.bin %> xfrm states --netns /proc/self/ns/net -v',
    `<%= config.bin %> xfrm states --json | jq -r '.entries[] | select(.notes != []) | .serves'`,
  ];

  override async run(): Promise<XfrmStatesResult> {
    const { flags } = await this.parse(XfrmStates);
    const { meaning, unread, now, options } = await this.read(flags.netns);
    const all = meaning.states;
    const entries = all.slice(0, flags.limit);
    const describe = flags.verbose ? options : undefined;
    if (all.length === 0) this.log('There are no XFRM states here.');
    else {
      const text = entries.map((entry) => stateText(entry, { now, describe }, this.style));
      this.log(text.join('\n') + shortfall({ entries, total: all.length }));
    }
    if (unread > 0) this.log(`${unread} of the kernel's answers could not be read.`);
    return { entries: entries.map((entry) => stateJson(entry, now)), total: all.length, unread };
  }
}
