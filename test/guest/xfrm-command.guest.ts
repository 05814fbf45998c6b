/** `mip6 xfrm states` and `policies`, where the kernel has Mobile IPv6 and ESP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import XfrmPolicies from '../../commands/xfrm/policies.js';
import XfrmStates, { type XfrmStatesResult } from '../../commands/xfrm/states.js';
import { ipv6 } from '../../src/base/address.js';
import { homeAddressObjects } from '../../src/linux/datapath/plan-xfrm.js';
import { XfrmNetlink } from '../../src/linux/netlink/xfrm/xfrm-netlink.js';
import { runCommand } from '../cli/run-command.js';
import { namespace, removeNamespaces, type Namespace } from '../linux/netns.js';
import { shown, withoutTrailingSpace } from '../linux/xfrm-helpers.js';

const KEY = '0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a';
const HOA = ipv6('2001:db8:a::100');
const HA = ipv6('2001:db8:a::1');

let ns: Namespace;
let xfrm: XfrmNetlink;

beforeAll(async () => {
  ns = namespace('xfrm');
  xfrm = new XfrmNetlink(ns.path);
  const careOf = ipv6('2001:db8:b::1');
  for (const object of homeAddressObjects({ kind: 'homeAddress', home: HOA, peer: HA, careOf })) {
    if (object.kind === 'state') await xfrm.addState(object.state);
    if (object.kind === 'policy') await xfrm.addPolicy(object.policy);
  }
  ns.setUp(`ip xfrm policy add src ${HOA}/128 dst ${HA}/128 proto 135 type 5 dir out ptype main priority 70000 tmpl src :: dst :: proto esp reqid 1 mode transport
    ip xfrm state add src ${HOA} dst ${HA} proto esp spi 0x101 reqid 1 mode transport enc cbc(aes) ${KEY} auth hmac(sha1) ${KEY}5a5a5a5a
    ip xfrm state add src ${HA} dst ${HOA} proto esp spi 0x102 reqid 2 mode transport enc cbc(aes) ${KEY} auth hmac(sha1) ${KEY}5a5a5a5a
    ip xfrm state add src 2001:db8:f::9 dst ${HA} proto hao mode ro coa 2001:db8:b::9`);
});
afterAll(() => {
  xfrm.close();
  removeNamespaces();
});

describe('mip6 xfrm states', () => {
  it('say what each serves and whose it is, and which nobody asks for', async () => {
    const { stdout } = await runCommand(XfrmStates, ['--netns', ns.name]);
    expect(entries(stdout)).toEqual(
      [
        `esp     ESP transport from ${HA} to ${HOA}, reqid 2
        IKE or by hand, spi 0x00000102, cbc(aes), hmac(sha1), 0 policies, N s old, never used
        No policy asks for it.`,
        `esp     ESP transport, reqid 1, for Binding Updates of ${HOA} to ${HA}
        IKE or by hand, spi 0x00000101, cbc(aes), hmac(sha1), 1 policy, N s old, never used`,
        `hao     Home Address option of 2001:db8:f::9 to ${HA}, care-of 2001:db8:b::9
        IKE or by hand, 0 policies, N s old, never used
        No policy asks for it.`,
        `hao     adds a Home Address option to packets of ${HOA} to ${HA}, care-of 2001:db8:b::1
        mip6, 1 policy, N s old, never used`,
        `route2  takes in type 2 routing headers from anyone
        mip6, 1 policy, N s old, never used`,
      ].sort(),
    );
  });

  it('print each in the words of iproute2 too', async () => {
    const { stdout } = await runCommand(XfrmStates, ['--netns', ns.name, '-v']);
    const words = (text: string) => withoutTrailingSpace(text.replaceAll(/^\s+/gm, '')).split('\n');
    const theirs = words(await shown(ns, 'state', '-s')).filter((line) => !/auth|enc /.test(line));
    expect(words(stdout)).toEqual(expect.arrayContaining(theirs));
  });

  it('have everything as JSON, but for keys', async () => {
    const { json, stdout } = await runCommand(XfrmStates, ['--netns', ns.name, '--json']);
    expect(stdout).not.toMatch(/5a5a/);
    const found = (json as XfrmStatesResult).entries.find((e) => e['spi'] === 0x101);
    expect(found).toMatchObject({
      owner: 'IKE or by hand',
      notes: [],
      policies: 1,
      idleSeconds: null,
      encryption: { name: 'cbc(aes)', keyBits: 128 },
      authentication: { name: 'hmac(sha1)', keyBits: 160 },
    });
  });
});

describe('mip6 xfrm policies', () => {
  it('tell the care-of address of the state that serves, and miss one that goes', async () => {
    const first = await runCommand(XfrmPolicies, ['--netns', ns.name]);
    expect(entries(first.stdout)).toContain(
      `out  Binding Updates of ${HOA} to ${HA} bear a Home Address option, care-of 2001:db8:b::1
     mip6, sub, priority 2, 1 state, N s old, never used`,
    );
    expect(first.stdout).not.toContain('No state');
    await xfrm.removeState({ source: HOA, destination: HA, protocol: 'hao', spi: 0 });
    const then = await runCommand(XfrmPolicies, ['--netns', ns.name]);
    expect(entries(then.stdout)).toContain(
      `out  Binding Updates of ${HOA} to ${HA} bear a Home Address option
     mip6, sub, priority 2, 0 states, N s old, never used
     No state for hao ro, reqid 0x6d697036: these packets leave without the header.`,
    );
  });
});

/** Sorted: the kernel lists states as it likes. */
const entries = (stdout: string): string[] =>
  stdout
    .trimEnd()
    .replaceAll(/\d+(\.\d+)? s old/g, 'N s old')
    .split(/\n(?! )/)
    .sort();
