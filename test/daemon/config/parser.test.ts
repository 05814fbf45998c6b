import { describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../../src/daemon/config/compile.js';
import { formatFinding } from '../../../src/daemon/config/finding.js';
import type { Sources } from '../../../src/daemon/config/parser.js';
import { DIRECTIVES } from '../../../src/daemon/config/schema.js';

const MOBILE_NODE = `NodeConfig MN;
UseMnHaIPsec disabled;
DoRouteOptimizationMN disabled;
Interface "eth0";
MnHomeLink "eth0" {
  HomeAgentAddress 2001:db8:a::1;
  HomeAddress 2001:db8:a::100/64;
}
`;
const HOME_AGENT = `NodeConfig HA;
UseMnHaIPsec disabled;
Interface "eth0";
`;

describe('files that UMIP users have', () => {
  it.each([
    ['a mobile node', MOBILE_NODE],
    ['a home agent', HOME_AGENT],
    [
      'a mobile node of a student laboratory',
      `NodeConfig MN;

UseMnHaIPsec disabled;
KeyMngMobCapability disabled;
OptimisticHandoff disabled;
DoRouteOptimizationCN disabled;
DoRouteOptimizationMN disabled;

Interface "wlan0" {
  MnIfPreference 1;
}

MnHomeLink "wlan0" {
  HomeAgentAddress fd02::1;
  HomeAddress fd02::42/64;
}
`,
    ],
  ])('reads %s without a word', (_, text) => {
    expect(messages(text)).toEqual([]);
  });

  it('reads the dual-stack example that no UMIP could: "};" after blocks', () => {
    const text = `# This is an example of mip6d DSMIPv6 configuration file for the MN
NodeConfig MN;
DebugLevel 10;
DoRouteOptimizationCN disabled;
DoRouteOptimizationMN disabled;
UseCnBuAck disabled;
MnDiscardHaParamProb enabled;
MnUseDsmip6 enabled;
MnSupportIPv4Traffic enabled;
Interface "eth0" {
  MnIfPreference 1;
  UseDhcp enabled;
};
MnHomeLink "eth0" {
  HomeAgentAddress 2001:a:b:0::1;
  HomeAgentV4Address 192.168.1.1;
  HomeAddress 2001:a:b:0::10/64;
  HomeV4Address 192.168.1.10/24;
};
UseMnHaIPsec disabled;
`;
    const { config, findings } = load(text);
    expect(findings.map(formatFinding)).toEqual([
      't.conf:6:1: warning: UseCnBuAck has no effect: it tunes route optimization, which is not there yet.',
      't.conf:13:2: warning: No ";" is needed after "}"; other mip6d versions refuse it.',
      't.conf:19:2: warning: No ";" is needed after "}"; other mip6d versions refuse it.',
    ]);
    expect(config).toMatchObject({
      role: 'mn',
      options: {
        dsmip: true,
        links: [{ name: 'eth0', preference: 1, dhcp: true }],
        homes: [
          {
            homeAddress: '2001:a:b::10',
            homePrefix: { address: '2001:a:b::', length: 64 },
            homeAgent4: '192.168.1.1',
            homeAddress4: { address: '192.168.1.10', prefixLength: 24 },
          },
        ],
      },
    });
  });

  it('reads the same with CR before every LF, and with a byte order mark', () => {
    const crlf = `\ufeff${MOBILE_NODE.replaceAll('\n', '\r\n')}`;
    expect(load(crlf)).toEqual(load(MOBILE_NODE));
  });

  it('takes "1" where UMIP wants "1.0", every form of IPv6 address, and comments anywhere', () => {
    const text = `${MOBILE_NODE}InitialBindackTimeoutReReg 2 # seconds
; InitialBindackTimeoutFirstReg 2.5;
MnHomeLink "eth1" { HomeAgentAddress 2001:db8::192.0.2.1; HomeAddress ::2:3/64; }`;
    const { config, findings } = load(text);
    expect(findings).toEqual([]);
    expect(config).toMatchObject({
      options: {
        initialBindAckTimeoutReReg: 2000,
        initialBindAckTimeoutFirstReg: 2500,
        homes: [{}, { homeAgent: '2001:db8::c000:201', homeAddress: '::2:3' }],
      },
    });
  });

  it('lets the last of repeated scalars win, and lists accumulate', () => {
    const text = `${HOME_AGENT}HaMaxBindingLife 60; HaMaxBindingLife 120;
HaServedPrefix 2001:db8:1::/48; HaServedPrefix 2001:db8:2::/48;`;
    expect(load(text).config).toMatchObject({
      plan: { maxBindingLifetime: 120, servedPrefixes: [{ length: 48 }, { length: 48 }] },
    });
  });
});

describe('every mistake has its line, its column and a way out', () => {
  const rows: [what: string, text: string, expected: string[]][] = [
    [
      'a misspelt directive',
      'NodeConfg MN;',
      ['1:1: error: Unknown directive "NodeConfg". Did you mean "NodeConfig"?'],
    ],
    [
      'wrong case',
      'nodeconfig MN;',
      ['1:1: error: Unknown directive "nodeconfig". Did you mean "NodeConfig"?'],
    ],
    ['a name unlike any', 'Frobnicate 7;', ['1:1: error: Unknown directive "Frobnicate".']],
    [
      'a directive in the wrong place',
      'HomeAddress 2001:db8::1/64;',
      ['1:1: error: HomeAddress does not stand at top level, but inside MnHomeLink.'],
    ],
    [
      'a top-level directive inside a block',
      'Interface "eth0" { NodeConfig MN; }',
      ['1:20: error: NodeConfig does not stand inside Interface, but at top level.'],
    ],
    [
      'yes for enabled',
      '  MnUseDsmip6 yes;',
      [
        '1:15: error: MnUseDsmip6: expected enabled or disabled, came "yes". Did you mean "enabled"?',
      ],
    ],
    [
      'a misspelt boolean',
      'MnUseDsmip6 enabeld;',
      [
        '1:13: error: MnUseDsmip6: expected enabled or disabled, came "enabeld". Did you mean "enabled"?',
      ],
    ],
    [
      'a misspelt word',
      'HaDadMode optimist;',
      [
        '1:11: error: HaDadMode: expected one of strict, optimistic, off, came "optimist". Did you mean "optimistic"?',
      ],
    ],
    [
      'a missing semicolon at the end of a line',
      'MnUseDsmip6 enabled\nMnForceUdp enabled;',
      ['1:20: error: Expected ";" after "enabled", came "MnForceUdp".'],
    ],
    [
      'a missing semicolon inside a line',
      'DebugLevel 1 2;',
      ['1:13: error: Expected ";" after the number 1, came the number 2.'],
    ],
    [
      'a block that is not closed',
      'Interface "eth0" {\n  UseDhcp enabled;\n',
      ['3:1: error: Expected "}" to close the Interface of line 1, came the end of the file.'],
    ],
    ['a brace too many', 'DebugLevel 1;\n}', ['2:1: error: There is no block for "}" to close.']],
    [
      'a name without quotes',
      'Interface eth0;',
      ['1:11: error: Interface: expected a name in double quotes, came "eth0".'],
    ],
    [
      'the wrong family',
      'HomeAgentV4Address 2001:db8::1;',
      ['1:20: error: HomeAgentV4Address: expected an IPv4 address, came the address 2001:db8::1.'],
    ],
    [
      'no address at all',
      'HomeAgentAddress 2001:db8:home::1;',
      ['1:18: error: HomeAgentAddress: expected an IPv6 address, came "2001:db8:home::1".'],
    ],
    [
      'a missing prefix length',
      'HaServedPrefix 2001:db8::;',
      ['1:26: error: HaServedPrefix: expected "/" and a prefix length after 2001:db8::, came ";".'],
    ],
    [
      'a prefix length too long',
      'HaServedPrefix 2001:db8::/129;',
      ['1:27: error: A prefix length is 0 to 128, came 129.'],
    ],
    [
      'an IPv4 prefix length too long',
      'HaAcceptIPv4Traffic 192.0.2.0/33;',
      ['1:31: error: A prefix length is 0 to 32, came 33.'],
    ],
    [
      'a number out of range',
      'Interface "e" { MnIfPreference 11; }',
      ['1:32: error: MnIfPreference is 0 to 10, came 11.'],
    ],
    [
      'a lifetime above what 16 bits of 4 s hold',
      'MnMaxHaBindingLife 262144;',
      ['1:20: error: MnMaxHaBindingLife is 4 to 262140 s, came 262144.'],
    ],
    [
      'a decimal where a whole number stands',
      'HaNatRefresh 1.5;',
      [
        '1:14: error: HaNatRefresh: expected a whole number of seconds or adaptive, came the number 1.5.',
      ],
    ],
    [
      'a status that accepts',
      'DefaultBindingAclPolicy 5;',
      ['1:25: error: A status that refuses is 128 to 255, came 5 (RFC 6275 §6.1.8).'],
    ],
    [
      'a directive that is not there yet',
      'HaAcceptMobRtr enabled;',
      [
        '1:1: error: HaAcceptMobRtr is not supported yet (serve mobile routers (RFC 3963)). Only "HaAcceptMobRtr disabled;" can be honoured.',
      ],
    ],
    [
      'a dead keyword',
      'DoRouteOptimization enabled;',
      [
        '1:1: error: "DoRouteOptimization" is a dead keyword: no mip6d ever used it; there are DoRouteOptimizationCN and DoRouteOptimizationMN.',
      ],
    ],
    [
      'something that is no directive',
      '42;',
      ['1:1: error: Expected a directive, came the number 42.'],
    ],
    ['a stray semicolon', ';', ['1:1: error: Expected a directive, came ";".']],
  ];

  it.each(rows)('%s', (_, text, expected) => {
    expect(errorsOf(text)).toEqual(expected);
  });

  it('finds all of them in one run, in order, and goes on after each', () => {
    const text = `NodeConfig MM;
Interface "eth0" { MnIfPreferense 1; UseDhcp maybe; }
UseMnHaIPsec disabled
Unknown { a; b { c; } }
MnMaxHaBindingLife x;
MnUdpPort 4191;
`;
    expect(errorsOf(text).map((line) => line.split(' error: ')[0])).toEqual([
      '1:12:',
      '2:20:',
      '2:46:',
      '3:22:',
      '4:1:',
      '5:20:',
    ]);
  });

  it('stops counting at a bound: a wrong file can be wrong everywhere', () => {
    expect(messages('x;\n'.repeat(10_000)).length).toBe(50);
  });

  it('never throws and never hangs, whatever the octets', () => {
    const pieces = [
      '{',
      '}',
      ';',
      '"',
      '(',
      ',',
      '/',
      'Interface',
      '"eth0"',
      'MnHomeLink',
      '::1',
      '1',
      '1.5',
      '#',
      '\n',
      'include',
      'allow',
      'BindingAclPolicy',
      '\u0000',
      'é',
    ];
    let seed = 1;
    for (let round = 0; round < 2000; round++) {
      let text = '';
      for (let i = 0; i < 20; i++) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        text += `${pieces[seed % pieces.length]} `;
      }
      expect(() => load(text), text).not.toThrow();
    }
  });
});

describe('tolerance', () => {
  it.each([
    [
      'an unterminated string',
      'Interface "eth0\n;',
      '1:11: warning: The string has no closing quote.',
    ],
    [
      'a lifetime between steps',
      'HaMaxBindingLife 62;',
      '1:18: warning: HaMaxBindingLife counts in steps of 4 s: 62 becomes 60.',
    ],
    [
      'a PMIPv6 block',
      'ProxyMipLma "lma" { OurAddress ::1; TunnelingEnabled true; };',
      '1:1: warning: ProxyMipLma has no effect: PMIPv6 is ignored.',
    ],
    [
      'an IPsec policy set',
      'IPsecPolicySet { HomeAgentAddress ::1; IPsecPolicy Mh UseESP 1 2; }',
      '1:1: warning: IPsecPolicySet has no effect: it tunes IPsec, which is not there yet.',
    ],
  ])('warns of %s', (_, text, expected) => {
    expect(
      messages(`${HOME_AGENT}\n${text}`).map((line) => line.replace(/^t\.conf:\d+:/, '1:')),
    ).toContain(expected);
  });
});

describe('include', () => {
  const files = (table: Record<string, string>): Sources => ({
    read: (file) => {
      if (table[file] === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
      return table[file];
    },
    glob: (pattern) =>
      Object.keys(table).filter(
        (name) => name === pattern || (pattern === 'd/*' && name.startsWith('d/')),
      ),
  });

  it('reads every match in place, and reports the file where the mistake is', () => {
    const { config, findings } = loadConfig(
      'a.conf',
      files({
        'a.conf': 'NodeConfig HA;\ninclude "d/*"\nUseMnHaIPsec disabled;',
        'd/1': 'Interface "eth0";',
        'd/2': '\nBad 1;',
      }),
    );
    expect(findings.map(formatFinding)).toEqual(['d/2:2:1: error: Unknown directive "Bad".']);
    expect(config).toBeUndefined();
  });

  it('ends at five levels, so that a file may include itself without harm', () => {
    const { findings } = loadConfig('a.conf', files({ 'a.conf': 'include "a.conf"\n' }));
    expect(findings.map((f) => f.message)).toContain('Files include each other more than 5 deep.');
  });

  it('says when nothing matches', () => {
    const { findings } = loadConfig(
      'a.conf',
      files({ 'a.conf': `${HOME_AGENT}include "nothing"` }),
    );
    expect(findings.map(formatFinding)).toEqual(['a.conf:4:1: warning: No file matches nothing.']);
  });

  it('says that a file is not there', () => {
    const { config, findings } = loadConfig('none.conf', files({}));
    expect(config).toBeUndefined();
    expect(findings.map(formatFinding)).toEqual([
      'none.conf:1:1: error: Cannot read none.conf: there is no such file.',
    ]);
  });
});

it('has one row for each directive, with a sentence, and a default that its own form reads', () => {
  expect(new Set(DIRECTIVES.map((d) => `${d.scope} ${d.name}`)).size).toBe(DIRECTIVES.length);
  for (const d of DIRECTIVES) {
    expect(d.sentence.length, d.name).toBeGreaterThan(0);
    if (d.default === undefined || d.form.kind === 'anything') continue;
    const statement = `${d.name} ${d.default};`;
    const text = d.scope === 'top' ? statement : `${d.scope} "x" { ${statement} }`;
    const wrong = errorsOf(text).filter((line) => line.includes(d.name));
    expect(wrong, text).toEqual([]);
  }
});

function load(text: string): LoadedConfig {
  return loadConfig('t.conf', { read: () => text, glob: () => [] });
}

function messages(text: string): string[] {
  return load(text).findings.map(formatFinding);
}

/** Syntax errors only: what the snippets lack of a whole configuration is not their point. */
function errorsOf(text: string): string[] {
  return load(text)
    .findings.filter(
      (f) => f.severity === 'error' && !['CONFIG_MISSING', 'CONFIG_UNPROTECTED'].includes(f.code),
    )
    .filter(
      (f) => !f.message.startsWith('Without NodeConfig') && !f.message.startsWith('NodeConfig CN'),
    )
    .map((f) => formatFinding(f).replace('t.conf:', ''));
}
