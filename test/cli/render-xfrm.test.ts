import { describe, expect, it } from 'vitest';
import { ipv6, prefix } from '../../src/base/address.js';
import { policyText, stateJson, stateText } from '../../src/cli/render/xfrm.js';
import { plain } from '../../src/cli/style.js';
import { xfrmMeaning } from '../../src/diagnostics/xfrm/meaning.js';
import type { XfrmPolicy, XfrmState } from '../../src/linux/netlink/xfrm/model.js';

const STATE: XfrmState = {
  source: ipv6('2001:db8::2'),
  destination: ipv6('2001:db8::1'),
  protocol: 'esp',
  mode: 'transport',
  spi: 0x101,
  reqid: 1,
  flags: [],
  replayWindow: 32,
  aead: { name: 'rfc4106(gcm(aes))', keyBits: 160, icvBits: 128 },
  usage: { bytes: 1104, packets: 12, addTime: 1000, useTime: 1010 },
  lastUsed: 1237,
  statistics: { replayWindow: 1, replay: 2, integrityFailed: 4 },
};
const POLICY: XfrmPolicy = {
  selector: {
    source: prefix('2001:db8::2/128'),
    destination: prefix('2001:db8::1/128'),
    protocol: 58,
    type: 146,
  },
  direction: 'in',
  ptype: 'main',
  action: 'allow',
  priority: 5,
  templates: [],
  usage: { bytes: 0, packets: 0, addTime: 1000, useTime: 1239 },
};

describe('an XFRM entry', () => {
  it('has its counters, age, last use and failures under what it serves', () => {
    const [meaning] = xfrmMeaning([], [STATE]).states;
    expect(stateText(meaning!, { now: 1240.9 }, plain))
      .toBe(`esp     ESP transport from 2001:db8::2 to 2001:db8::1, reqid 1
        IKE or by hand, spi 0x00000101, rfc4106(gcm(aes)), 0 policies, 12 packets of 1104 octets, 4 min old, used 3 s ago, 4 failed the integrity check, 3 were replayed
        No policy asks for it.`);
    expect(stateJson(meaning!, 1240.9)).toMatchObject({ ageSeconds: 240, idleSeconds: 3 });
  });

  it('of a policy, too; a clock that was set back makes nothing younger than new', () => {
    const [meaning] = xfrmMeaning([POLICY], []).policies;
    const text = (now: number) => policyText(meaning!, { now }, plain).split('\n')[1]?.trim();
    expect(text(1240)).toBe('IKE or by hand, main, priority 5, 4 min old, used 1 s ago');
    expect(text(10)).toBe('IKE or by hand, main, priority 5, 0 s old, used 0 s ago');
  });

  it('has no control characters of an algorithm that somebody named', () => {
    const named = { ...STATE, aead: { ...STATE.aead!, name: 'x\u001b[2J' } };
    const [meaning] = xfrmMeaning([], [named]).states;
    expect(stateText(meaning!, { now: 1240 }, plain)).toContain(', x?[2J, ');
  });

  it('is followed by itself where that is asked for', () => {
    const [meaning] = xfrmMeaning([POLICY], []).policies;
    expect(policyText(meaning!, { now: 1240, describe: {} }, plain)).toContain(`
     src 2001:db8::2/128 dst 2001:db8::1/128 proto ipv6-icmp type 146
     \tdir in priority 5 ptype main`);
  });
});
