/**
 * XFRM objects of Mobile IPv6: `ro` states add and check the Home Address option and the type 2 routing header, sub
 * policies (`ptype sub`) say for which packets. The kernel does on them what RFC 6275 §9.3.1, §11.3.1 and §6.4 ask.
 *
 * Inbound selectors name no Mobility Header type: kernels after 6.1 no longer see it there, and drop what then finds
 * no policy. All templates are `level use`: a packet without the header is for the role to judge.
 */
import { bits, prefixOf, UNSPECIFIED6, type Ipv6 } from '../../base/address.js';
import type { HomeAddressItem } from '../../core/datapath/model.js';
import { PROTOCOL } from '../../wire/protocol.js';
import type { XfrmPolicy, XfrmState, XfrmTemplate } from '../netlink/xfrm/model.js';
import type { KernelObject } from './kernel-object.js';
import { REQID } from './marks.js';

/** Home agent, correspondent: a Home Address option may come from anywhere at these addresses, before a Mobility Header. */
export function homeAddressOptionObjects(at: readonly Ipv6[]): KernelObject[] {
  if (at.length === 0) return [];
  return [
    state(wildcard('hao')),
    ...at.map((address) =>
      policy({
        selector: mobility(ANYWHERE, host(address)),
        direction: 'in',
        priority: PRIORITY.anyone,
        templates: [template('hao', UNSPECIFIED6, UNSPECIFIED6)],
      }),
    ),
  ];
}

/** Mobile node: Binding Updates leave from the care-of address with the option, acknowledgements come with the header. */
export function homeAddressObjects({ home, peer, careOf }: HomeAddressItem): KernelObject[] {
  return [
    state({
      ...ro('hao', home, peer),
      ...NO_REPLAY,
      careOf,
      selector: anything(host(home), host(peer)),
    }),
    policy({
      selector: { ...mobility(host(home), host(peer)), type: BINDING_UPDATE },
      direction: 'out',
      priority: PRIORITY.own,
      templates: [template('hao', home, peer)],
    }),
    state(wildcard('route2')),
    policy({
      selector: mobility(host(peer), host(home)),
      direction: 'in',
      priority: PRIORITY.own,
      templates: [template('route2', UNSPECIFIED6, UNSPECIFIED6)],
    }),
  ];
}

const state = (s: XfrmState): KernelObject => ({ kind: 'state', state: s });
const policy = (p: Omit<XfrmPolicy, 'ptype' | 'action'>): KernelObject => ({
  kind: 'policy',
  policy: { ptype: 'sub', action: 'allow', ...p },
});

const ro = (protocol: 'hao' | 'route2', source: Ipv6, destination: Ipv6) =>
  ({ protocol, mode: 'ro', source, destination, spi: 0, reqid: REQID }) as const;

const NO_REPLAY = { flags: [], replayWindow: 0 } as const;

/** Takes in the header from whomever no state of its own is for. */
const wildcard = (protocol: 'hao' | 'route2'): XfrmState => ({
  ...ro(protocol, UNSPECIFIED6, UNSPECIFIED6),
  careOf: UNSPECIFIED6,
  selector: anything(ANYWHERE, ANYWHERE),
  flags: ['wildrecv'],
  replayWindow: 0,
});

const template = (protocol: 'hao' | 'route2', source: Ipv6, destination: Ipv6): XfrmTemplate => ({
  ...ro(protocol, source, destination),
  level: 'use',
});

const anything = (source: ReturnType<typeof host>, destination: ReturnType<typeof host>) => ({
  source,
  destination,
  protocol: 0,
});
const mobility = (source: ReturnType<typeof host>, destination: ReturnType<typeof host>) => ({
  source,
  destination,
  protocol: PROTOCOL.mobility,
});
const host = (address: Ipv6) => prefixOf(address, bits(address));

const ANYWHERE = prefixOf(UNSPECIFIED6, 0);
const BINDING_UPDATE = 5;
/** As UMIP numbers them; lower is looked up first. */
const PRIORITY = { own: 2, anyone: 9 } as const;
