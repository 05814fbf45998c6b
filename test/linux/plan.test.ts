import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefixOf, type Ipv4, type Ipv6 } from '../../src/base/address.js';
import type { TunnelItem } from '../../src/core/datapath/model.js';
import { USER_SPACE } from '../../src/linux/datapath/abilities.js';
import { Plan } from '../../src/linux/datapath/plan.js';

describe('two tunnels in IPv4 with the same ends: the kernel has one device for them', () => {
  it('the second leaves by this process, and comes in by the device of the first', () => {
    const plan = kernelPlan();
    put(plan, A, B);
    expect(carriers(plan)).toEqual(['mip6s0', 'userspace']);
    expect(accepted(plan, B)).toEqual([`mip6s0 ${AWAY} ${B}`]);
  });

  it('the second has the device when the first one goes', () => {
    const plan = kernelPlan();
    put(plan, A, B);
    plan.update([{ op: 'remove', item: tunnel(A) }]);
    expect(carriers(plan)).toEqual([undefined, 'mip6s0']);
    expect(accepted(plan, B)).toEqual([`mip6s0 ${AWAY} ${B}`]);
  });

  it('both move: the first has it there too, the second is behind it again', () => {
    const plan = kernelPlan();
    put(plan, A, B);
    const there = ipv4('198.51.100.10');
    plan.update(
      [A, B].map((home) => ({ op: 'replace', item: tunnel(home, there), was: tunnel(home) })),
    );
    expect(carriers(plan)).toEqual(['mip6s0', 'userspace']);
    expect(accepted(plan, B)).toEqual([`mip6s0 ${there} ${B}`]);
  });

  it('one that is declared again keeps what it has', () => {
    const plan = kernelPlan();
    put(plan, A, B);
    plan.update([{ op: 'replace', item: tunnel(A), was: tunnel(A) }]);
    expect(carriers(plan)).toEqual(['mip6s0', 'userspace']);
  });

  it('none of it is left when both are gone', () => {
    const plan = kernelPlan();
    put(plan, A, B);
    plan.update([A, B].map((home) => ({ op: 'remove', item: tunnel(home) })));
    expect([...plan.wantedKeys()]).toEqual([]);
    put(plan, B, A);
    expect(carriers(plan)).toEqual(['userspace', expect.stringMatching(/^mip6s/)]);
  });
});

const A = ipv6('2001:db8::100');
const B = ipv6('2001:db8::200');
const AGENT = ipv4('203.0.113.1');
const AWAY = ipv4('198.51.100.9');

const kernelPlan = () =>
  new Plan(
    { ...USER_SPACE, mobileIpv6: true, tunnels6: true, tunnels4: true, admission: 'nft' },
    'mip6',
  );

const tunnel = (home: Ipv6, remote: Ipv4 = AWAY): TunnelItem => ({
  kind: 'tunnel',
  key: home,
  local: AGENT,
  remote,
  send: [{ destination: prefixOf(home, 128) }],
  accept: [{ source: prefixOf(home, 128) }],
  pathMtu: 1500,
});

const put = (plan: Plan, ...homes: Ipv6[]): void =>
  void plan.update(homes.map((home) => ({ op: 'add', item: tunnel(home) })));

const carriers = (plan: Plan) =>
  [A, B].map((home) => {
    const carrier = plan.carrier(home);
    return carrier?.by === 'device' ? carrier.device : carrier?.by;
  });

const accepted = (plan: Plan, home: Ipv6): string[] =>
  plan
    .objectsOf(tunnel(home))
    .flatMap((o) => (o.kind === 'accept' ? [`${o.device} ${o.outer} ${o.inner}`] : []));
