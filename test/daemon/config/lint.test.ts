import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/daemon/config/compile.js';

const MN = 'NodeConfig MN; UseMnHaIPsec disabled; DoRouteOptimizationMN disabled;\n';
const HOME =
  'MnHomeLink "eth0" { HomeAgentAddress 2001:db8:a::1; HomeAddress 2001:db8:a::100/64; }\n';
const NODE = `${MN}Interface "eth0";\n${HOME}`;
const AGENT = 'NodeConfig HA; UseMnHaIPsec disabled; Interface "eth0";\n';

/** What is written, where the doubt points, and what it begins with. */
const DOUBTS: readonly (readonly [text: string, line: number, message: RegExp])[] = [
  [`${NODE}MnMaxHaBindingLife 8;`, 4, /^A binding that lives 8 s is refreshed all the time/],
  [
    `${NODE}MnMaxHaBindingLife 32; InitialBindackTimeoutReReg 32.0;`,
    4,
    /^InitialBindackTimeoutReReg 32 s is not less than the binding's lifetime, 32 s/,
  ],
  [`${NODE}MnNatKeepalive 300;`, 4, /^A keep-alive every 300 s comes too late for most NATs/],
  [
    `${MN}Interface "eth0" { MnIfPreference 0; }\n${HOME}`,
    2,
    /^Every interface has MnIfPreference 0/,
  ],
  [
    `${MN}Interface "eth0" { UseDhcp enabled; }\n${HOME}`,
    2,
    /^UseDhcp on "eth0" does nothing without "MnUseDsmip6 enabled;"/,
  ],
  [`${NODE}MnUseDsmip6 enabled;`, 3, /^MnHomeLink "eth0" has no HomeAgentV4Address/],
  [
    `${MN}Interface "eth0";\nMnHomeLink "eth0" { HomeAgentAddress 2001:db8:a::1; HomeAddress 2001:db8:a::1/64; }`,
    3,
    /^HomeAddress 2001:db8:a::1 is the home agent's own address/,
  ],
  [`${NODE}${HOME}`, 4, /^HomeAddress 2001:db8:a::100 stands in more than one MnHomeLink/],
  [`${AGENT}DefaultBindingAclPolicy deny;`, 2, /^Nobody may register/],
  [
    `${AGENT}DefaultBindingAclPolicy 133;\nBindingAclPolicy 2001:db8::1 deny;`,
    2,
    /^Nobody may register/,
  ],
  [
    'NodeConfig HA; UseMnHaIPsec disabled;\nInterface "eth0" { HomePrefix 2001:db8:a::/64; }\nBindingAclPolicy 2001:db8:b::1 allow;',
    3,
    /^2001:db8:b::1 is in no home prefix of this home agent/,
  ],
  [`${AGENT}HaMaxBindingLife 4;`, 2, /^Bindings that live 4 s are refreshed all the time/],
  [
    `${AGENT}HaMaxBindingLife 600; HaRefreshAdvice 600;`,
    2,
    /^HaRefreshAdvice 600 s is not less than the lifetime of bindings, 600 s/,
  ],
  [`${AGENT}HaNatRefresh 200;`, 2, /^A keep-alive every 200 s/],
  [`${AGENT}HaForceUdp enabled;`, 2, /^HaForceUdp does nothing without "HaAcceptDsmip6 enabled;"/],
];

describe('what is hardly meant', () => {
  it.each(DOUBTS)('%s', (text, line, message) => {
    const { config, findings } = load(text);
    expect(config).toBeDefined();
    const doubts = findings.filter((f) => f.code === 'CONFIG_DOUBTFUL');
    expect(doubts).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        at: expect.objectContaining({ line }),
        message: expect.stringMatching(message),
      }),
    );
  });

  it.each([
    [`${NODE}MnMaxHaBindingLife 60; MnNatKeepalive 110;`],
    [`${AGENT}DefaultBindingAclPolicy deny; BindingAclPolicy 2001:db8:b::1 allow;`],
    [
      'NodeConfig HA; UseMnHaIPsec disabled; Interface "eth0" { HomePrefix 2001:db8:a::/64; }\nBindingAclPolicy 2001:db8:a::1 allow; BindingAclPolicy 2001:db8:b::1 deny;',
    ],
  ])('is not found in %s', (text) => {
    expect(load(text)).toMatchObject({ findings: [] });
  });
});

const load = (text: string) => loadConfig('f', { read: () => text, glob: () => [] });
