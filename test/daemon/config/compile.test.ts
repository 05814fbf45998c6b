import { describe, expect, it } from 'vitest';
import type { Ipv6 } from '../../../src/base/address.js';
import { HOME_AGENT_DEFAULTS } from '../../../src/core/ha/options.js';
import type { LinkState } from '../../../src/core/input.js';
import { MOBILE_NODE_DEFAULTS } from '../../../src/core/mn/options.js';
import {
  loadConfig,
  type DaemonConfig,
  type HomeAgentPlan,
} from '../../../src/daemon/config/compile.js';
import { formatFinding } from '../../../src/daemon/config/finding.js';
import { resolveHomeAgent, resolveMobileNode } from '../../../src/daemon/config/resolve.js';

describe('a mobile node', () => {
  it('has the defaults of the core where the file says nothing', () => {
    expect(mobileNode('')).toEqual({
      ...MOBILE_NODE_DEFAULTS,
      links: [{ name: 'eth0', preference: 10, dhcp: false }],
      homes: [
        {
          homeAddress: '2001:db8:a::100',
          homePrefix: { address: '2001:db8:a::', length: 64 },
          homeAgent: '2001:db8:a::1',
          homeAgent4: null,
          discovery: false,
          homeAddress4: null,
          homeLink: 'eth0',
        },
      ],
    });
  });

  it.each([
    ['HomeAgentAddress 2001:db8:a::1;', '2001:db8:a::1', false],
    ['HomeAgentAddress 2001:db8:a::1; UseDhaad enabled;', '2001:db8:a::1', true],
    ['HomeAgentAddress ::;', '::', true],
    ['', '::', true],
  ])('looks for home agents where %j says so', (agent, homeAgent, discovery) => {
    const config = good(MOBILE_NODE('', agent).replace('HomeAgentAddress 2001:db8:a::1;', ''));
    expect(config).toMatchObject({ options: { homes: [{ homeAgent, discovery }] } });
  });

  it('gets each directive in its own unit: lifetimes in seconds, timers in milliseconds', () => {
    const options = mobileNode(`MnMaxHaBindingLife 60;
InitialBindackTimeoutFirstReg 2.5; InitialBindackTimeoutReReg 1.25;
MnUseDsmip6 enabled; MnIpv6HeadStart 0.25; MnForceUdp true; MnOptimisticDad false;
MnUdpPort 5555; MnNatKeepalive 30;
MnRouterProbes 2; MnRouterProbeTimeout 0.5;`);
    expect(options).toMatchObject({
      bindingLifetime: 60,
      initialBindAckTimeoutFirstReg: 2500,
      initialBindAckTimeoutReReg: 1250,
      dsmip: true,
      ipv6HeadStart: 250,
      forceUdp: true,
      optimisticDad: false,
      udpPort: 5555,
      natKeepalive: 30,
      routerProbes: { count: 2, interval: 500 },
    });
  });

  it('makes stable addresses unless it is to make them of the link-layer address', () => {
    expect(mobileNode('').addressGeneration).toBe('stable');
    expect(mobileNode('MnAddressGeneration eui64;').addressGeneration).toBe('eui64');
  });

  it('uses the interfaces of its role, each once, the last word of it', () => {
    const options = mobileNode(`Interface "wlan0" { MnIfPreference 2; UseDhcp enabled; }
Interface "eth0" { MnIfPreference 0; }
Interface "eth9" { IfType HA; }`);
    expect(options.links).toEqual([
      { name: 'eth0', preference: 0, dhcp: false },
      { name: 'wlan0', preference: 2, dhcp: true },
    ]);
  });

  it('leaves each interface to another owner where one is found, unless told', () => {
    const config = good(
      MOBILE_NODE(
        `Interface "wlan0" { RouterAdvertisements own; } Interface "ppp0" { RouterAdvertisements adopt; }
Interface "tun0" { Tunnel enabled; } Interface "tap0" { Tunnel enabled; RouterAdvertisements own; }`,
        '',
      ),
    );
    expect(config).toMatchObject({
      ownership: new Map([
        ['wlan0', 'own'],
        ['ppp0', 'adopt'],
        ['tun0', 'adopt'],
        ['tap0', 'own'],
        ['eth0', 'auto'],
      ]),
    });
  });

  it('registers the IPv4 home address only when told to carry IPv4 traffic', () => {
    const home = 'HomeV4Address 192.0.2.100/24;';
    expect(mobileNode('', home).homes[0]!.homeAddress4).toBeNull();
    expect(warnings('', home)).toEqual([
      't.conf:8:3: warning: HomeV4Address has no effect without "MnSupportIPv4Traffic enabled;".',
    ]);
    const on = 'MnSupportIPv4Traffic enabled;';
    expect(mobileNode(on, home).homes[0]!.homeAddress4).toEqual({
      address: '192.0.2.100',
      prefixLength: 24,
    });
  });

  it('takes HomePrefix for what tells home, and UseAltCoa for the whole node', () => {
    const options = mobileNode('', 'HomePrefix 2001:db8::/32; UseAltCoa disabled;');
    expect(options.homes[0]!.homePrefix).toEqual({ address: '2001:db8::', length: 32 });
    expect(options.useAlternateCareOf).toBe(false);
  });

  it.each([
    [
      'no home',
      'NodeConfig MN; UseMnHaIPsec disabled; DoRouteOptimizationMN disabled; Interface "e";',
      /^t.conf:1:1: error: A mobile node needs a home/,
    ],
    [
      'no interface',
      MOBILE_NODE('', '').replace('Interface "eth0";', ''),
      /^t.conf:1:1: error: A mobile node needs an interface/,
    ],
    [
      'no home address',
      MOBILE_NODE('', '').replace(/HomeAddress .*;/, ''),
      /^t.conf:6:1: error: MnHomeLink "eth0" needs a HomeAddress/,
    ],
    [
      'a home agent that is neither named nor looked for',
      MOBILE_NODE('', 'UseDhaad disabled; HomeAgentAddress ::;'),
      /^t.conf:8:22: error: .* has no HomeAgentAddress, and "UseDhaad disabled;" forbids looking/,
    ],
    [
      'a multicast home address',
      MOBILE_NODE('', 'HomeAddress ff02::1/64;'),
      /^t.conf:8:15: error: ff02::1 cannot be the address of a node/,
    ],
    [
      'a home address outside of its prefix',
      MOBILE_NODE('', 'HomePrefix 2001:db8:b::/64;'),
      /^t.conf:8:14: error: HomeAddress 2001:db8:a::100 is not in HomePrefix/,
    ],
    [
      'a mobile router',
      MOBILE_NODE('', 'HomeAddress 2001:db8:a::100/64 (2001:db8:1::/48);'),
      /^t.conf:8:3: error: Mobile networks in HomeAddress are not supported yet/,
    ],
    [
      'a correspondent node',
      'NodeConfig CN;',
      /^t.conf:1:1: error: NodeConfig CN is not supported yet/,
    ],
    [
      'no role at all',
      'DebugLevel 1;',
      /^t.conf:1:1: error: Without NodeConfig this is a correspondent node/,
    ],
    ['PMIPv6', 'NodeConfig MAG;', /^t.conf:1:1: error: NodeConfig MAG is not supported/],
    [
      'protection that is not there',
      'NodeConfig HA;\nInterface "e";\n  UseMnHaIPsec enabled;',
      /^t.conf:3:3: error: IPsec protection of signalling is not available yet; "UseMnHaIPsec disabled;" lets it run unprotected\.$/,
    ],
    [
      'protection that nobody mentioned, for UMIP has it on',
      'NodeConfig HA;\nInterface "e";',
      /^t.conf:1:1: error: IPsec protection of signalling is not available yet/,
    ],
    [
      'route optimization',
      MOBILE_NODE('DoRouteOptimizationMN enabled;', ''),
      /^t.conf:5:1: error: DoRouteOptimizationMN is not supported yet/,
    ],
  ])('cannot be run with %s', (_, text, expected) => {
    const { config, findings } = loadText(text);
    expect(config).toBeUndefined();
    expect(findings.filter((f) => f.severity === 'error').map(formatFinding)).toEqual([
      expect.stringMatching(expected),
    ]);
  });

  it('hears that route optimization is not there, unless it says that it knows', () => {
    const text = MOBILE_NODE('', '').replace('DoRouteOptimizationMN disabled;', '');
    expect(loadText(text).findings.map(formatFinding)).toEqual([
      expect.stringMatching(/^t.conf:1:1: warning: Route optimization is not there yet/),
    ]);
  });

  it('says which interfaces are not there yet, and starts all the same', () => {
    expect(resolveMobileNode(mobileNode('Interface "wlan0";'), [link('eth0')])).toEqual([
      'interface wlan0 is not there yet; it is used once it appears',
    ]);
  });
});

describe('a home agent', () => {
  it('has the defaults of the core where the file says nothing', () => {
    expect(homeAgent('')).toEqual({
      ...HOME_AGENT_DEFAULTS,
      address: null,
      address4: null,
      interfaces: [{ link: 'eth0', prefixes: [] }],
      servedPrefixes: [],
      acl: [],
      acceptIpv4: [],
    });
  });

  it('gets every directive', () => {
    const plan =
      homeAgent(`HomeAgentAddress 2001:db8:a::1; HomeAgentV4Address 192.0.2.1; HaAcceptDsmip6 enabled;
HaMaxBindingLife 600; HaDadMode optimistic; HaAcceptForceUdp disabled; HaForceUdp enabled; HaNatRefresh 30;
HaMaxBindings 7; HaRefreshAdvice 300; DefaultBindingAclPolicy deny; HaServedPrefix 2001:db8:f::/48;`);
    expect(plan).toMatchObject({
      address: '2001:db8:a::1',
      address4: '192.0.2.1',
      dsmip: true,
      maxBindingLifetime: 600,
      dadMode: 'optimistic',
      acceptForceUdp: false,
      forceUdp: true,
      natRefresh: 30,
      maxBindings: 7,
      refreshAdvice: 300,
      defaultStatus: 129,
      servedPrefixes: [{ address: '2001:db8:f::', length: 48 }],
    });
  });

  it('knows who may register, and whose the IPv4 home addresses are', () => {
    const plan = homeAgent(`BindingAclPolicy 2001:db8:a::100 HomeV4Address 192.0.2.100 allow;
BindingAclPolicy 2001:db8:a::101 deny;
BindingAclPolicy 2001:db8:a::102 132;
BindingAclPolicy 2001:db8:a::103 allow; BindingAclPolicy 2001:db8:a::103 deny;
HaAcceptIPv4Traffic 192.0.2.7; HaAcceptIPv4Traffic 198.51.100.0/24;`);
    expect(plan.acl).toEqual([
      { homeAddress: '2001:db8:a::100', homeAddress4: '192.0.2.100', status: 0 },
      { homeAddress: '2001:db8:a::101', homeAddress4: null, status: 129 },
      { homeAddress: '2001:db8:a::102', homeAddress4: null, status: 132 },
      { homeAddress: '2001:db8:a::103', homeAddress4: null, status: 129 },
    ]);
    // An IPv4 home address that the list gives away is accepted by that.
    expect(plan.acceptIpv4).toEqual([
      { address: '192.0.2.7', length: 32 },
      { address: '198.51.100.0', length: 24 },
      { address: '192.0.2.100', length: 32 },
    ]);
  });

  it('gives one IPv4 home address to one mobile node', () => {
    const text = HOME_AGENT(`BindingAclPolicy 2001:db8:a::1 HomeV4Address 192.0.2.1 allow;
BindingAclPolicy 2001:db8:a::2 HomeV4Address 192.0.2.1 allow;`);
    expect(loadText(text).findings.map(formatFinding)).toEqual([
      't.conf:5:1: error: 192.0.2.1 already belongs to 2001:db8:a::1.',
    ]);
  });

  it('warns of dual stack without an IPv4 address', () => {
    expect(loadText(HOME_AGENT('HaAcceptDsmip6 enabled;')).findings.map(formatFinding)).toEqual([
      't.conf:4:1: warning: HaAcceptDsmip6 has no effect without the HomeAgentV4Address that mobile nodes register at.',
    ]);
  });

  describe('takes from its interfaces what the file leaves open', () => {
    const eth0 = link(
      'eth0',
      ['2001:db8:a::1', 64],
      ['fe80::1', 64],
      ['192.0.2.1', 24],
      ['2001:db8:a::ffff', 128],
    );

    it('address and prefix', () => {
      expect(resolved('', [eth0])).toMatchObject({
        ok: true,
        value: {
          address: '2001:db8:a::1',
          homeLinks: [{ link: 'eth0', prefix: { address: '2001:db8:a::', length: 64 } }],
        },
        warnings: [],
      });
    });

    it('but not what the file says, and one prefix of two links only once', () => {
      const other = link('eth1', ['2001:db8:b::1', 64], ['2001:db8:c::1', 64]);
      const text = `HomeAgentAddress 2001:db8:b::1; Interface "eth1" { HomePrefix 2001:db8:b::/64; }
HaServedPrefix 2001:db8:b::/64; HaServedPrefix 2001:db8:f::/48;`;
      const result = resolved(text, [eth0, other]);
      expect(result).toMatchObject({ ok: true, value: { address: '2001:db8:b::1' } });
      expect(
        result.ok &&
          result.value.homeLinks.map((h) => `${h.link} ${h.prefix.address}/${h.prefix.length}`),
      ).toEqual(['eth0 2001:db8:a::/64', 'eth1 2001:db8:b::/64', 'eth0 2001:db8:f::/48']);
    });

    it('and says what is missing, with the way out', () => {
      const sentence = (text: string, links: LinkState[]) => {
        const result = resolved(text, links);
        return result.ok ? result.warnings : result.sentence;
      };
      expect(sentence('', [])).toBe(
        'There is no interface eth0. Create it, or name one of lo, eth5 in the configuration.',
      );
      expect(sentence('', [link('eth0')])).toMatch(
        /^eth0 has no global IPv6 address to be a home agent by\. /,
      );
      expect(sentence('HomeAgentAddress 2001:db8::9;', [eth0])).toBe(
        '2001:db8::9 (HomeAgentAddress) is on no interface of this host.',
      );
      expect(sentence('HomeAgentV4Address 203.0.113.1;', [eth0])).toEqual([
        '203.0.113.1 (HomeAgentV4Address) is on no interface of this host',
      ]);
      expect(sentence('HomeAgentV4Address 203.0.113.5;', [eth0])).toEqual([]);
      expect(sentence('', [{ ...eth0, up: false }])).toEqual(['interface eth0 is down']);
    });
  });
});

it('tells the daemon its own: the journal, and that nothing is protected', () => {
  const text = HOME_AGENT('DebugLevel 3; DebugLogFile "/var/log/mip6.log";');
  expect(loadText(text).config?.settings).toEqual({
    file: 't.conf',
    protected: false,
    datapath: 'auto',
    debugLevel: 3,
    logFile: '/var/log/mip6.log',
    hooks: null,
  });
});

it('names a folder of hooks by its whole path, and their time', () => {
  const hooksOf = (text: string) => loadText(HOME_AGENT(text)).config?.settings.hooks;
  const directory = '/etc/mip6/hooks.d';
  expect(hooksOf(`HookDirectory "${directory}";`)).toEqual({ directory, timeout: 10_000 });
  expect(hooksOf(`HookDirectory "${directory}"; HookTimeout 2.5;`)).toEqual({
    directory,
    timeout: 2500,
  });
  expect(loadText(HOME_AGENT('HookDirectory "hooks.d";')).findings).toMatchObject([
    { code: 'CONFIG_VALUE', message: expect.stringContaining('must be a whole path') as string },
  ]);
});

it.each(['auto', 'kernel', 'userspace'] as const)('Datapath %s is told to the host', (datapath) => {
  const line = `Datapath ${datapath};`;
  for (const text of [HOME_AGENT(line), MOBILE_NODE(line, '')]) {
    expect(loadText(text).config?.settings.datapath).toBe(datapath);
  }
});

function MOBILE_NODE(top: string, home: string): string {
  return `NodeConfig MN;
UseMnHaIPsec disabled;
DoRouteOptimizationMN disabled;
Interface "eth0";
${top.replaceAll('\n', ' ')}
MnHomeLink "eth0" { HomeAgentAddress 2001:db8:a::1;
  HomeAddress 2001:db8:a::100/64;
  ${home}
}
`;
}

function HOME_AGENT(top: string): string {
  return `NodeConfig HA;
UseMnHaIPsec disabled;
Interface "eth0";
${top}
`;
}

function loadText(text: string) {
  return loadConfig('t.conf', { read: () => text, glob: () => [] });
}

function good(text: string): DaemonConfig {
  const { config, findings } = loadText(text);
  expect(findings.filter((f) => f.severity === 'error').map(formatFinding)).toEqual([]);
  return config!;
}

function mobileNode(top: string, home = '') {
  const config = good(MOBILE_NODE(top, home));
  if (config.role !== 'mn') throw new Error('not a mobile node');
  return config.options;
}

function warnings(top: string, home: string): string[] {
  return loadText(MOBILE_NODE(top, home)).findings.map(formatFinding);
}

function homeAgent(top: string): HomeAgentPlan {
  const config = good(HOME_AGENT(top));
  if (config.role !== 'ha') throw new Error('not a home agent');
  return config.plan;
}

function resolved(top: string, links: readonly LinkState[]) {
  return resolveHomeAgent(homeAgent(top), links, {
    interfaces: ['lo', 'eth5'],
    addresses: ['203.0.113.5'],
  });
}

function link(name: string, ...addresses: [address: string, prefixLength: number][]): LinkState {
  return {
    name,
    index: 1,
    up: true,
    mac: '02:00:00:00:00:01' as LinkState['mac'],
    mtu: 1500,
    carrierUps: 1,
    addresses: addresses.map(([address, prefixLength]) => ({
      address: address as Ipv6,
      prefixLength,
    })),
  };
}

describe('HaNatRefresh', () => {
  const planOf = (text: string) => {
    const { config } = loadText(HOME_AGENT(text));
    return config?.role === 'ha' ? config.plan : undefined;
  };

  it('is a number of seconds, or learned', () => {
    expect(planOf('')).toMatchObject({ natRefresh: 110, natAdaptive: false });
    expect(planOf('HaNatRefresh 60;')).toMatchObject({ natRefresh: 60, natAdaptive: false });
    expect(planOf('HaNatRefresh adaptive;')).toMatchObject({ natAdaptive: true });
  });

  it('names both when it is neither', () => {
    expect(loadText(HOME_AGENT('HaNatRefresh learned;')).findings).toMatchObject([
      { message: expect.stringContaining('a whole number of seconds or adaptive') as string },
    ]);
  });
});
