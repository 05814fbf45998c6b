/** `mip6 xfrm policies` in a namespace; `test/guest/xfrm-command.guest.ts` has states too. */
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import XfrmPolicies, { type XfrmPoliciesResult } from '../../commands/xfrm/policies.js';
import XfrmStates from '../../commands/xfrm/states.js';
import { runCommand } from '../cli/run-command.js';
import { isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';
import { shown, withoutTrailingSpace } from './xfrm-helpers.js';

const OURS = 'reqid 0x6d697036 mode ro level use';

describe.skipIf(!isRoot)('mip6 xfrm policies', () => {
  let ns: Namespace;
  beforeAll(() => {
    ns = namespace('xfrm');
    ns.setUp(`ip xfrm policy add src 2001:db8:a::100/128 dst 2001:db8:a::1/128 proto 135 type 5 dir out ptype sub priority 2 tmpl src 2001:db8:a::100 dst 2001:db8:a::1 proto hao ${OURS}
      ip xfrm policy add src ::/0 dst ::/0 dir out action block ptype sub priority 1
      ip xfrm policy add src ::/0 dst ::/0 proto 135 type 5 dir in ptype sub priority 9 tmpl src :: dst :: proto hao mode ro level use
      ip xfrm policy add src 2001:db8:a::100/128 dst 2001:db8:a::1/128 dir out ptype main priority 70000 tmpl src :: dst :: proto esp reqid 7 mode transport`);
  });
  afterAll(removeNamespaces);

  it('says what each is for, whose it is, and what is missing or foreign, in order of look-up', async () => {
    const { stdout, exit } = await runCommand(XfrmPolicies, ['--netns', ns.name]);
    expect(exit).toBe(0);
    expect(stdout.replaceAll(/\d+(\.\d+)? s old/g, 'N s old'))
      .toBe(`out  packets of anyone to anyone are dropped
     IKE or by hand, sub, priority 1, N s old, never used
     It is not of mip6 and is looked up before its policy for Binding Updates of 2001:db8:a::100 to 2001:db8:a::1 (priority 2).
out  Binding Updates of 2001:db8:a::100 to 2001:db8:a::1 bear a Home Address option
     mip6, sub, priority 2, 0 states, N s old, never used
     No state for hao ro, reqid 0x6d697036: these packets leave without the header.
in   Binding Updates of anyone to anyone may bear a Home Address option
     UMIP, sub, priority 9, 0 states, N s old, never used
     Kernels after 6.1 see no Mobility Header type in packets that come in: there it never matches. Use \`proto 135\` without a type.
     No state for hao ro: these packets come in only without the header.
out  packets of 2001:db8:a::100 to 2001:db8:a::1 are protected by ESP, reqid 7
     IKE or by hand, main, priority 70000, 0 states, N s old, never used
     No state for esp transport, reqid 7: these packets wait for a key exchange, and are dropped where there is none.
`);
  });

  it('prints each entry in the words of iproute2 too', async () => {
    const { stdout } = await runCommand(XfrmPolicies, ['--netns', ns.path, '-v']);
    const words = (text: string) => withoutTrailingSpace(text.replaceAll(/^\s+/gm, '')).split('\n');
    expect(words(stdout)).toEqual(expect.arrayContaining(words(await shown(ns, 'policy', '-s'))));
  });

  it('has everything as JSON, and no more entries than asked for', async () => {
    const { json } = await runCommand(XfrmPolicies, ['--netns', ns.name, '--limit', '2', '--json']);
    const { entries, total, unread } = json as XfrmPoliciesResult;
    expect([entries.length, total, unread]).toEqual([2, 4, 0]);
    expect(entries[1]).toMatchObject({
      owner: 'mip6',
      notes: [{ code: 'NO_STATE' }],
      states: 0,
      ageSeconds: expect.any(Number) as number,
      idleSeconds: null,
      selector: { source: '2001:db8:a::100/128', protocol: 135, type: 5 },
      direction: 'out',
      ptype: 'sub',
      priority: 2,
      templates: [{ protocol: 'hao', mode: 'ro', reqid: 0x6d697036, level: 'use' }],
    });
    const short = await runCommand(XfrmPolicies, ['--netns', ns.name, '--limit', '2']);
    expect(short.stdout).toContain('2 of 4; --limit shows more.');
  });

  it('says when there is nothing', async () => {
    const { stdout, exit } = await runCommand(XfrmStates, ['--netns', ns.name]);
    expect({ stdout, exit }).toEqual({ stdout: 'There are no XFRM states here.\n', exit: 0 });
  });

  it.each([XfrmPolicies, XfrmStates])('%#: the examples of the help run', async (command) => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples) {
      const [, ...words] = example.split(' | ')[0]!.replace('<%= config.bin %> ', '').split(' ');
      const { exit, stderr } = await runCommand(command, words.slice(1));
      expect([example, exit, stderr]).toEqual([example, 0, '']);
    }
  });

  it('a namespace that is not there: exit code 2, and the way out', async () => {
    expect(await runCommand(XfrmStates, ['--netns', 'nope'])).toMatchObject({
      exit: 2,
      stderr:
        'mip6: There is no network namespace /run/netns/nope. `ip netns list` names those that have a name.\n',
    });
  });

  it('without the capability: exit code 4, and which it is', async () => {
    const { code, stderr } = await unprivileged(['xfrm', 'policies']);
    expect(stderr).toMatch(
      /^mip6: The kernel refused to list XFRM policies: EPERM.*CAP_NET_ADMIN is needed\.\n$/,
    );
    expect(code).toBe(4);
  });
});

/** As root without any capability. */
const unprivileged = (words: string[]) =>
  new Promise<{ code: unknown; stderr: string }>((done) => {
    const drop = ['--bounding-set=-all', '--inh-caps=-all', '--', process.execPath];
    const program = ['--import', 'tsx', 'bin/dev.js', ...words];
    execFile('setpriv', [...drop, ...program], (error, _, stderr) =>
      done({ code: error?.code ?? 0, stderr }),
    );
  });
