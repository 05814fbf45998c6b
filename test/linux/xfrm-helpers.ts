/** For tests of XFRM beside a kernel. */
import { onTestFinished } from 'vitest';
import type { XfrmMessage, XfrmMessageKind } from '../../src/linux/netlink/xfrm/message.js';
import { XfrmMonitor, type XfrmGroup } from '../../src/linux/netlink/xfrm/xfrm-monitor.js';
import { eventually, type Namespace } from './netns.js';

/** What `ip xfrm policy` or `ip xfrm state list nokeys` prints, the last newline and spaces before newlines cut. */
export async function shown(
  ns: Namespace,
  what: 'policy' | 'state',
  ...options: string[]
): Promise<string> {
  const list = what === 'policy' ? ['policy'] : ['state', 'list', 'nokeys'];
  const text = await ns.run('ip', ...options, 'xfrm', ...list);
  // iproute2 6.1 forgets a space, and puts two where there is no flag.
  return withoutTrailingSpace(text)
    .replaceAll('extra_flag', ' extra_flag')
    .replaceAll('flag  (', 'flag (');
}

export const withoutTrailingSpace = (text: string): string => text.replace(/ +$/gm, '').trimEnd();

/** Listens from now on to the end of the test. */
export function hear(netns: string, groups?: readonly XfrmGroup[]) {
  const counters: Record<string, number> = {};
  const monitor = XfrmMonitor.open(netns, { counters, ...(groups ? { groups } : {}) });
  const notices: XfrmMessage[] = [];
  monitor.on('notice', (notice) => notices.push(notice));
  onTestFinished(() => monitor.close());
  return {
    monitor,
    counters,
    notices,
    /** All up to and with the first of that kind. */
    until: async (kind: XfrmMessageKind): Promise<XfrmMessage[]> => {
      const last = await eventually(() => {
        const at = notices.findIndex((notice) => notice.kind === kind);
        return at < 0 ? undefined : at + 1;
      }, `a notice ${kind}`);
      return notices.slice(0, last);
    },
  };
}
