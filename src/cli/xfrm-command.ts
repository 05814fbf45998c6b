import * as Flags from '@oclif/core/flags';
import type { XfrmMeaning } from '../diagnostics/xfrm/meaning.js';
import type { DescribeOptions } from '../linux/netlink/xfrm/describe.js';
import { BaseCommand } from './base-command.js';

export interface ReadXfrm {
  readonly meaning: XfrmMeaning;
  /** Messages of the kernel that could not be read. */
  readonly unread: number;
  /** Seconds since 1970. */
  readonly now: number;
  readonly options: DescribeOptions;
}

/** A command that reads policies and states from the kernel; no daemon is asked. */
export abstract class XfrmCommand extends BaseCommand {
  static override baseFlags = {
    netns: Flags.string({
      helpValue: 'NAME|PATH',
      description: 'network namespace [default: the current one]',
    }),
    verbose: Flags.boolean({ char: 'v', description: 'each entry as `ip -s xfrm` prints it, too' }),
    limit: Flags.integer({ min: 1, default: 1000, helpValue: 'N', description: 'entries at most' }),
  };

  /** Both lists: what one means depends on the other. Throws `UsageError`, `LinuxError`. */
  protected async read(netns: string | undefined): Promise<ReadXfrm> {
    const { namespacePath } = await import('./network-namespace.js');
    const { native } = await import('../linux/native.js');
    const { XfrmNetlink } = await import('../linux/netlink/xfrm/xfrm-netlink.js');
    const { xfrmMeaning } = await import('../diagnostics/xfrm/meaning.js');
    const path = namespacePath(netns);
    const xfrm = new XfrmNetlink(path);
    try {
      const meaning = xfrmMeaning(await xfrm.policies(), await xfrm.states());
      const linkName = (index: number) => native().linkName(path, index) || `${index}`;
      const options = { statistics: true, linkName };
      return { meaning, unread: xfrm.unread, now: Date.now() / 1000, options };
    } finally {
      xfrm.close();
    }
  }
}
