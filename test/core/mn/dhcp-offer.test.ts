import { expect, it } from 'vitest';
import { ipv4, type Ipv4 } from '../../../src/base/address.js';
import type { Terms } from '../../../src/core/mn/dhcp-lease.js';
import { rankOffers } from '../../../src/core/mn/dhcp-offer.js';

const HAD = { address: ipv4('10.0.0.9'), server: ipv4('10.0.0.3') };

it.each([
  {
    what: 'with a router before the address we had',
    offers: [offer('a', { address: HAD.address, router: null }), offer('b')],
    order: 'b a',
  },
  {
    what: 'the address we had before the server we had',
    offers: [offer('a', { server: HAD.server }), offer('b', { address: HAD.address })],
    order: 'b a',
  },
  {
    what: 'the server we had before a longer lease',
    offers: [offer('a', { lifetime: 9999 }), offer('b', { server: HAD.server })],
    order: 'b a',
  },
  { what: 'the longer lease', offers: [offer('a'), offer('b', { lifetime: 700 })], order: 'b a' },
  { what: 'otherwise as they came', offers: [offer('a'), offer('b'), offer('c')], order: 'a b c' },
])('$what', ({ offers, order }) => {
  const names = new Map(offers.map(({ name, terms }) => [terms, name]));
  const ranked = rankOffers(
    offers.map(({ terms }) => terms),
    HAD,
  );
  expect(ranked.map((terms) => names.get(terms)).join(' ')).toBe(order);
});

it('without a lease before, address and server tell nothing', () => {
  const first = offer('a').terms;
  expect(rankOffers([first, offer('b', HAD).terms], undefined)[0]).toBe(first);
});

function offer(name: string, part: Partial<Terms> = {}): { name: string; terms: Terms } {
  const server = `10.0.0.1` as Ipv4;
  const terms: Terms = {
    address: ipv4('10.0.0.5'),
    prefixLength: 24,
    router: ipv4('10.0.0.1'),
    routes: [],
    server,
    lifetime: 600,
    ...part,
  };
  return { name, terms };
}
