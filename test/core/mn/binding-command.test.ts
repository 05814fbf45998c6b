/** What a person may do to a registration: the transcript of each, and every refusal. */
import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import type { BindingCommand } from '../../../src/core/role.js';
import {
  HOA,
  HOME_AGENT,
  homeNetwork,
  mobileNodeOptions,
  network,
  ScriptedNetwork,
} from './scripted-network.js';

const REFRESH: BindingCommand = { kind: 'refresh' };
const DELETE: BindingCommand = { kind: 'delete' };
const SOLICIT: BindingCommand = { kind: 'solicit' };
const set = (lifetime: number): BindingCommand => ({ kind: 'set', lifetime });

describe('a registration', () => {
  it('is refreshed now', () => {
    const net = away();
    expect(command(net, REFRESH)).toEqual({
      accepted: true,
      reason: `registers ${COA} anew`,
      homeAddress: HOA,
      homeAgent: HOME_AGENT,
      careOf: COA,
      before: 262140,
      lifetime: 262140,
    });
    expect(net.run(2).take('BU')).toEqual([update(1, 2, 86396)]);
  });

  it('gets another lifetime, now and at every refresh', () => {
    const net = away();
    expect(command(net, set(600))).toMatchObject({ accepted: true, before: 262140, lifetime: 600 });
    expect(net.run(500).take('BU')).toEqual([update(1, 2, 600), update(481, 3, 600)]);
    expect(command(net, set(262140))).toMatchObject({ before: 600, lifetime: 262140 });
  });

  it('is deleted, and stays so through moves until it is refreshed', () => {
    const net = away();
    expect(command(net, DELETE)).toMatchObject({ accepted: true, lifetime: 0 });
    expect(net.run(2).take('BU', 'BINDING_REMOVED')).toEqual([
      update(1, 2, 0),
      '1.01 BINDING_REMOVED a person asked for it',
    ]);
    expect(net.tunnel).toBeUndefined();
    net.unplug('eth0');
    net.plug('eth0', network({ prefixes: ['2001:db8:b::/64'] }));
    expect(net.run(10).take('BU')).toEqual([]);
    expect(command(net, REFRESH)).toMatchObject({ accepted: true });
    expect(net.run(11).take('BU', 'BINDING_ACCEPTED')).toHaveLength(2);
  });

  it.each([
    { what: 'a handover that is asked for', end: (net: ScriptedNetwork) => handOver(net) },
    { what: 'having been home', end: (net: ScriptedNetwork) => visitHome(net) },
  ])('that is deleted is made again by $what', ({ end }) => {
    const net = away();
    command(net, DELETE);
    net.run(2).take();
    end(net);
    expect(net.run(20).take('BINDING_ACCEPTED')).toHaveLength(1);
  });

  it('is deleted from where the node is, when it moves before the answer', () => {
    const net = away();
    net.homeAgent = () => undefined;
    command(net, DELETE);
    net.unplug('eth0');
    net.plug('eth0', network({ prefixes: ['2001:db8:b::/64'] }));
    net.homeAgent = () => ({});
    expect(net.run(10).take('BINDING_REMOVED')).toEqual([
      expect.stringContaining('BINDING_REMOVED a person asked for it'),
    ]);
    expect(net.updates.at(-1)).toMatchObject({ careOf: '2001:db8:b::ff:fe00:10' });
  });

  it('is asked about its prefixes', () => {
    const net = away();
    expect(command(net, SOLICIT)).toMatchObject({ accepted: true });
    expect(net.take('PREFIXES_SOLICITED')).toHaveLength(1);
  });

  it.each([REFRESH, set(600), DELETE, SOLICIT])('is left alone by a dry run of %o', (each) => {
    const net = away();
    expect(command(net, each, { dryRun: true })).toMatchObject({ accepted: true });
    expect(net.run(20).take()).toEqual([]);
    expect(net.tunnel).toBeDefined();
  });
});

describe('no', () => {
  const OTHER = { ...mobileNodeOptions().homes[0]!, homeAddress: ipv6('2001:db8:1::200') };
  const two = { homes: [...mobileNodeOptions().homes, OTHER] };
  it.each([
    ['at home', set(600), atHome, 'at home nothing is registered'],
    ['at home', SOLICIT, atHome, 'at home nothing is registered'],
    ['nowhere', REFRESH, () => new ScriptedNetwork(), 'there is no care-of address to register'],
    ['nowhere', DELETE, () => new ScriptedNetwork(), 'there is no binding'],
    [
      'nowhere',
      SOLICIT,
      () => new ScriptedNetwork(),
      'it is not bound: the home agent would not answer',
    ],
    ['while an update waits', REFRESH, unanswered, 'a Binding Update waits for its answer'],
    ['while an update waits', set(600), unanswered, 'it is pending, not bound'],
    ['three seconds', set(3), away, '3 s cannot be asked for: 4 to 262140 in steps of 4'],
    ['no step of four', set(6), away, '6 s cannot be asked for: 4 to 262140 in steps of 4'],
    ['too long', set(262144), away, '262144 s cannot be asked for: 4 to 262140 in steps of 4'],
    ['what is deleted', set(600), deleted, 'it is deleted, not bound'],
    ['what is deleted', DELETE, deleted, 'there is no binding'],
  ] as const)('%s, %o', (_, each, make, reason) => {
    const net = make();
    expect(command(net, each)).toMatchObject({ accepted: false, reason });
  });

  it('without a name among several, or for a name that is none', () => {
    const net = new ScriptedNetwork(two);
    expect(command(net, REFRESH).reason).toBe(
      `name the home address; these are: ${HOA}, 2001:db8:1::200`,
    );
    expect(command(net, REFRESH, { home: '2001:db8::9' }).reason).toMatch(
      /^2001:db8::9 is no home/,
    );
  });
});

const COA = '2001:db8:a::ff:fe00:10';

const update = (second: number, sequence: number, lifetime: number): string =>
  `${second} BU native ${COA} hao ${HOA} → ${HOME_AGENT} seq ${sequence} AH ${lifetime} s alt ${COA}`;

function command(
  net: ScriptedNetwork,
  each: BindingCommand,
  { home = null, dryRun = false }: { home?: string | null; dryRun?: boolean } = {},
) {
  return net.do((node, now) => node.commandBinding(each, home, dryRun, now));
}

function away(): ScriptedNetwork {
  const net = new ScriptedNetwork();
  net.plug('eth0', network({ prefixes: ['2001:db8:a::/64'] }));
  net.run(1).take();
  return net;
}

function unanswered(): ScriptedNetwork {
  const net = new ScriptedNetwork();
  net.homeAgent = () => undefined;
  net.plug('eth0', network({ prefixes: ['2001:db8:a::/64'] }));
  return net.run(1);
}

function deleted(): ScriptedNetwork {
  const net = away();
  command(net, DELETE);
  return net.run(2);
}

function atHome(): ScriptedNetwork {
  const net = new ScriptedNetwork();
  net.plug('eth0', homeNetwork());
  return net.run(1);
}

function handOver(net: ScriptedNetwork): void {
  net.do((node, now) => node.handover({ kind: 'link', link: 'eth0' }, now));
}

function visitHome(net: ScriptedNetwork): void {
  net.unplug('eth0');
  net.plug('eth0', homeNetwork());
  net.run(5);
  net.unplug('eth0');
  net.plug('eth0', network({ prefixes: ['2001:db8:a::/64'] }));
}
