import { describe, expect, it } from 'vitest';
import { plain } from '../../../src/cli/style.js';
import { effectiveText } from '../../../src/cli/render/config.js';
import { effectiveConfig, type EffectiveDirective } from '../../../src/daemon/config/effective.js';
import type { Sources } from '../../../src/daemon/config/parser.js';

describe('the configuration that is in force', () => {
  it('has what the file says and the defaults of its role, each said to be so', () => {
    const { role, directives } = effectiveConfig('f', from('NodeConfig MN; MnUdpPort 5555;'));
    expect(role).toBe('MN');
    expect(find(directives, 'MnUdpPort')).toMatchObject({
      value: '5555',
      from: 'file',
      at: { file: 'f', line: 1, column: 16 },
    });
    expect(find(directives, 'MnMaxHaBindingLife')).toMatchObject({
      value: '262140',
      from: 'default',
      at: null,
    });
    expect(find(directives, 'HaDadMode')).toBeUndefined();
  });

  it('of a scalar that repeats has the last, of a list each, of interfaces each name once', () => {
    const { directives } = effectiveConfig(
      'f',
      from(`NodeConfig HA; HaNatRefresh 30; HaNatRefresh 40;
Interface "eth0"; Interface "eth1"; Interface "eth0" { HomePrefix 2001:db8:a::/64; HomePrefix 2001:db8:b::/64; }
BindingAclPolicy 2001:db8::1 allow; BindingAclPolicy 2001:db8::2 (2001:db8:1::/64) HomeV4Address 192.0.2.1 133;`),
    );
    expect(find(directives, 'HaNatRefresh')!.value).toBe('40');
    expect(directives.filter((d) => d.name === 'BindingAclPolicy').map((d) => d.value)).toEqual([
      '2001:db8::1 allow',
      '2001:db8::2 ( 2001:db8:1::/64 ) HomeV4Address 192.0.2.1 133',
    ]);
    const interfaces = directives.filter((d) => d.name === 'Interface');
    expect(interfaces.map((d) => d.value)).toEqual(['"eth0"', '"eth1"']);
    const prefixes = interfaces[0]!.inner!.filter((d) => d.name === 'HomePrefix');
    expect(prefixes.map((d) => d.value)).toEqual(['2001:db8:a::/64', '2001:db8:b::/64']);
  });

  it('written out and read again is the same', () => {
    const file = `NodeConfig MN; DebugLogFile "/var/log/mip6.log"; MnIpv6HeadStart 0.25;
Interface "eth0" { MnIfPreference 1; UseDhcp enabled; }
MnHomeLink "eth0" { HomeAgentAddress 2001:db8:a::1; HomeAddress 2001:db8:a::100/64; HomeV4Address 192.0.2.100/24; }
DoRouteOptimizationMN disabled;`;
    const once = effectiveConfig('f', from(file));
    expect(once.findings).toEqual([]);
    for (const all of [false, true]) {
      const text = effectiveText(once, all, plain);
      const twice = effectiveConfig('f', from(text));
      expect(twice.findings).toEqual([]);
      expect(values(twice.directives)).toEqual(values(once.directives));
    }
  });

  it('leaves out what is wrong, and says so', () => {
    const { findings, directives } = effectiveConfig('f', from('NodeConfig HA; HaNatRefresh x;'));
    expect(findings).toMatchObject([{ code: 'CONFIG_SYNTAX' }]);
    expect(find(directives, 'HaNatRefresh')).toMatchObject({ value: '110', from: 'default' });
  });
});

const from = (text: string): Sources => ({ read: () => text, glob: () => [] });
const find = (directives: readonly EffectiveDirective[], name: string) =>
  directives.find((d) => d.name === name);

function values(directives: readonly EffectiveDirective[]): unknown[] {
  return directives.map(({ name, value, inner }) => [name, value, inner && values(inner)]);
}
