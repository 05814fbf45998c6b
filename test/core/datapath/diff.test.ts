import { expect, it } from 'vitest';
import { ipv6, prefix } from '../../../src/base/address.js';
import { diff, formatOperation } from '../../../src/core/datapath/diff.js';
import {
  NO_DATAPATH,
  TUNNEL_LINK,
  type DatapathItem,
  type DatapathState,
} from '../../../src/core/datapath/model.js';

const HOA = ipv6('2001:db8:a::100');

it('builds from nothing: let signalling in, then address, tunnel, route, rule', () => {
  expect(says(NO_DATAPATH, away('2001:db8:b::5'))).toEqual([
    '+ signalling',
    '+ address eth0 2001:db8:b::5',
    '+ tunnel 2001:db8:a::100',
    '+ route careOf6 ::/0 64',
    '+ rule 1002 2001:db8:b::5/128',
  ]);
});

it('makes before it breaks on a handover, and changes the tunnel in place', () => {
  expect(says(away('2001:db8:b::5'), away('2001:db8:c::5'))).toEqual([
    '~ signalling',
    '+ address eth0 2001:db8:c::5',
    '~ tunnel 2001:db8:a::100',
    '+ rule 1002 2001:db8:c::5/128',
    '- rule 1002 2001:db8:b::5/128',
    '- address eth0 2001:db8:b::5',
  ]);
});

it('does nothing for an equal state, whatever its order', () => {
  const state = away('2001:db8:b::5');
  expect(says(state, away('2001:db8:b::5'))).toEqual([]);
  expect(says(state, { items: [...state.items].reverse() })).toEqual([]);
});

it('takes all down in the reverse order', () => {
  expect(says(away('2001:db8:b::5'), NO_DATAPATH).map((line) => line.split(' ')[1])).toEqual([
    'rule',
    'route',
    'tunnel',
    'address',
    'signalling',
  ]);
});

function says(have: DatapathState, want: DatapathState): string[] {
  return diff(have, want).map(formatOperation);
}

function away(careOf: string): DatapathState {
  const address = ipv6(careOf);
  const host = { address, length: 128 };
  const items: DatapathItem[] = [
    { kind: 'rule', priority: 1002, from: host, table: 'careOf6' },
    {
      kind: 'route',
      table: 'careOf6',
      destination: prefix('::/0'),
      link: 'eth0',
      via: ipv6('fe80::1'),
      metric: 64,
    },
    { kind: 'address', link: 'eth0', address, prefixLength: 64, onLinkPrefix: true },
    {
      kind: 'tunnel',
      key: HOA,
      local: address,
      remote: ipv6('2001:db8:a::1'),
      send: [{ source: { address: HOA, length: 128 } }],
      accept: [{ destination: { address: HOA, length: 128 } }],
      pathMtu: 1500,
    },
    { kind: 'signalling', addresses: [HOA, address], udp: null },
  ];
  return { items };
}

it('names the tunnel device by a symbol that no interface can have', () => {
  expect(TUNNEL_LINK.startsWith('@')).toBe(true);
});
