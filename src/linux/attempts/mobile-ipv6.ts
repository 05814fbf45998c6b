/** RFC 6275 §6.3, §6.4: the Home Address option and the type 2 routing header, by XFRM. */
import { ipv6, prefix } from '../../base/address.js';
import type { KernelObject } from '../datapath/kernel-object.js';
import { homeAddressObjects } from '../datapath/plan-xfrm.js';
import { XfrmNetlink } from '../netlink/xfrm/xfrm-netlink.js';
import type { XfrmEnds, XfrmSelector } from '../netlink/xfrm/model.js';
import type { Attempt, Bench } from './bench.js';

/** States and sub policies of both headers, as the datapath has them. */
export const signallingByXfrm: Attempt = (bench) => withXfrmOf(bench, (xfrm) => add(xfrm, OBJECTS));

export const homeAddressOption: Attempt = (bench) =>
  withXfrmOf(bench, (xfrm) => add(xfrm, statesOf('hao')));

export const type2RoutingHeader: Attempt = (bench) =>
  withXfrmOf(bench, (xfrm) => add(xfrm, statesOf('route2')));

export const subPolicies: Attempt = (bench) =>
  withXfrmOf(bench, (xfrm) =>
    add(
      xfrm,
      OBJECTS.filter((o) => o.kind === 'policy'),
    ),
  );

/** RFC 6275 §11.3.2: the ends of an IPsec tunnel follow the care-of address. */
export const migrate: Attempt = (bench) =>
  withXfrmOf(bench, async (xfrm) => {
    const policy = { selector: TUNNELLED, direction: 'out', ptype: 'main' } as const;
    const tunnel = { protocol: 'esp', mode: 'tunnel', reqid: 1 } as const;
    await xfrm.addPolicy({
      ...policy,
      action: 'allow',
      priority: 10,
      templates: [{ ...tunnel, ...FROM, spi: 0, level: 'required' }],
    });
    await xfrm.migrate({ ...policy, moves: [{ ...tunnel, from: FROM, to: TO }] });
  });

export async function withXfrmOf(
  { netns, outbox }: Bench,
  use: (xfrm: XfrmNetlink) => Promise<void>,
): Promise<void> {
  const xfrm = new XfrmNetlink(netns, outbox);
  try {
    await use(xfrm);
  } finally {
    xfrm.close();
  }
}

async function add(xfrm: XfrmNetlink, objects: readonly KernelObject[]): Promise<void> {
  for (const object of objects) {
    if (object.kind === 'state') await xfrm.addState(object.state);
    else if (object.kind === 'policy') await xfrm.addPolicy(object.policy);
  }
}

const statesOf = (protocol: 'hao' | 'route2'): readonly KernelObject[] =>
  OBJECTS.filter((o) => o.kind === 'state' && o.state.protocol === protocol);

const OBJECTS = homeAddressObjects({
  kind: 'homeAddress',
  home: ipv6('2001:db8::2'),
  peer: ipv6('2001:db8::1'),
  careOf: ipv6('2001:db8:1::2'),
});
const TUNNELLED: XfrmSelector = {
  source: prefix('2001:db8::2/128'),
  destination: prefix('::/0'),
  protocol: 0,
};
const FROM: XfrmEnds = { source: ipv6('2001:db8:1::2'), destination: ipv6('2001:db8::1') };
const TO: XfrmEnds = { source: ipv6('2001:db8:2::2'), destination: ipv6('2001:db8::1') };
