/** The doctor in a kernel with Mobile IPv6. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/cli/diagnose.js';

const diagnosis = await diagnose({ role: 'ha' });
const found = new Map(diagnosis.findings.map((f) => [f.name, f]));

describe('the doctor', () => {
  it.each([
    ...['home-address-option', 'type2-routing-header', 'sub-policies', 'xfrm-migrate'],
    ...['esp-aes-cbc-sha1', 'esp-aes-cbc-sha256', 'esp-aes-gcm', 'esp-aes-ctr-sha1'],
    ...['esp-aes-cbc-xcbc', 'esp-null-sha1'],
    ...['ip6tnl', 'ip6tnl-external', 'sit', 'ipip', 'fou-port', 'gue-port'],
    ...['setting-forwarding', 'setting-accept-ra', 'setting-rp-filter', 'no-xfrm-interface'],
  ])('finds %s', (name) => {
    expect(found.get(name)).toMatchObject({ state: 'ok', reason: '', remedy: '', cost: '' });
  });

  it('says that the kernel forwards, and that nothing that is needed is missing', () => {
    expect(diagnosis.findings.filter((f) => f.state === 'missing')).toEqual([]);
    expect(diagnosis).toMatchObject({
      ok: true,
      datapath: [{ role: 'ha', datapath: 'kernel', why: 'This kernel can.' }],
    });
  });
});

/** Debian's has neither; its stock kernel has both. */
describe.runIf(process.env['MIP6_GUEST'] === 'uml')('the doctor under user-mode-linux', () => {
  it('says what is missing, what brings it and what it costs', () => {
    const cost = expect.stringMatching(/Tunnels in UDP .* are carried in user space/) as string;
    expect(found.get('encap-fou')).toMatchObject({
      state: 'hint',
      reason: expect.stringContaining('EINVAL') as string,
      remedy: 'Use a kernel with CONFIG_NET_FOU_IP_TUNNELS.',
      cost,
    });
    expect(found.get('nft-inet')).toMatchObject({
      state: 'hint',
      reason: expect.stringContaining('Operation not supported') as string,
      remedy: expect.stringContaining('CONFIG_NF_TABLES_INET') as string,
      cost,
    });
    expect(diagnosis.datapath[0]?.words).toMatch(/^kernel; tunnels in UDP in user space: /);
    expect(diagnosis.datapath[0]?.costs).toEqual(expect.arrayContaining([cost]));
  });
});
