/** Mobile prefix discovery between two real daemons, for whatever kernel and datapath the caller is on. Needs root. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOA, SmallNetwork, until, type Daemon } from './small-network.js';

/** `datapath`: as the configuration has it. `ways`: the tunnels to go through over IPv4. */
export function prefixesTravel(
  datapath: 'kernel' | 'userspace',
  ways: readonly ('ipv4' | 'udp')[],
): void {
  describe.each(WAYS.filter(({ path }) => ways.includes(path)))(
    `mobile prefix discovery, datapath ${datapath}`,
    ({ what, forceUdp, path }) => {
      const net = new SmallNetwork();
      let ha: Daemon;
      let mn: Daemon;
      const bound = () => mn.entries('bul').filter((e) => e['state'] === 'bound');
      const told = () => mn.log + ha.log;

      beforeAll(async () => {
        net.up();
        ha = await net.daemon('ha', `Datapath ${datapath};${HA}HaForceUdp ${forceUdp};`);
        mn = await net.daemon('mn', `Datapath ${datapath};${MN}`);
      });
      afterAll(async () => {
        await Promise.all([mn?.end('SIGTERM'), ha?.end('SIGTERM')]);
        await net.down();
      });

      it('asks and is answered over IPv6, and has a new home address when a prefix comes', async () => {
        net.plug('v6');
        await until('bound over IPv6', () => bound()[0]?.['path'] === 'ipv6', told);
        expect(mn.json('mps')).toMatchObject({
          answered: true,
          home: [{ prefix: '2001:db8:a::/64', homeAddress: HOA, source: 'home agent' }],
          visited: [{ prefix: '2001:db8:b::/64', link: 'eth0' }],
        });
        net.in('ha', 'ip address add 2001:db8:aa::1/64 dev home0 nodad');
        await until('known to the home agent', () => homePrefixes(ha).length === 2, told);
        expect(homePrefixes(ha)).toMatchObject([
          { prefix: '2001:db8:a::/64', agent: '2001:db8:a::1' },
          { prefix: '2001:db8:aa::/64', agent: '2001:db8:aa::1' },
        ]);
        expect(mn.json('mps', HOA)).toMatchObject({ answered: true });
        await until('the new one is bound', () => bound().length === 2, told);
        expect(bound()).toMatchObject([
          { homeAddress: HOA, peer: '2001:db8:a::1' },
          { homeAddress: '2001:db8:aa::100', peer: '2001:db8:aa::1', path: 'ipv6' },
        ]);
        expect(net.in('cn', 'ping -c 1 -W 5 2001:db8:aa::100')).toContain(' 0% packet loss');
      });

      it(`asks and is answered through the tunnel ${what}`, async () => {
        net.plug('v4');
        const over4 = () => bound().filter((e) => e['path'] === path);
        await until(`both bound ${what}`, () => over4().length === 2, told);
        // Both have the same ends, and the kernel has one tunnel for these.
        const first = datapath === 'kernel' ? 'kernel' : 'user space';
        expect(over4()).toMatchObject([{ datapath: first }, { datapath: 'user space' }]);
        expect(net.in('cn', `ping -c 1 -W 5 ${HOA}`)).toContain(' 0% packet loss');
        expect(net.in('cn', 'ping -c 1 -W 5 2001:db8:aa::100')).toContain(' 0% packet loss');
        expect(mn.json('mps', HOA)).toMatchObject({ answered: true });
        expect(mn.json('mps', '2001:db8:aa::100')).toMatchObject({ answered: true });
      });
    },
  );
}

const WAYS = [
  { what: 'in IPv4', forceUdp: 'disabled', path: 'ipv4' },
  { what: 'in UDP', forceUdp: 'enabled', path: 'udp' },
] as const;

const homePrefixes = (ha: Daemon) => ha.json('prefixes')['home'] as Record<string, unknown>[];

const HA = `
NodeConfig HA;
UseMnHaIPsec disabled;
HaAcceptDsmip6 enabled;
HomeAgentAddress 2001:db8:a::1;
HomeAgentV4Address 203.0.113.1;
HaDadMode optimistic;
Interface "home0";
`;

const MN = `
NodeConfig MN;
UseMnHaIPsec disabled;
DoRouteOptimizationMN disabled;
MnUseDsmip6 enabled;
Interface "eth0" { MnIfPreference 1; UseDhcp enabled; }
MnHomeLink "eth0" {
  HomeAgentAddress 2001:db8:a::1;
  HomeAgentV4Address 203.0.113.1;
  HomeAddress ${HOA}/64;
}
`;
