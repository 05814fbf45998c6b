import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { parseIpv4, parseMac, type MacAddress } from '../../src/base/address.js';
import { UsageError } from '../../src/base/error.js';
import { BaseCommand } from '../../src/cli/base-command.js';
import { testedColumns, type TestedEntry } from '../../src/cli/render/dhcp.js';
import { table } from '../../src/cli/render/table.js';
import type { Instant } from '../../src/base/time.js';
import type { ProbedNetwork } from '../../src/core/mn/gateway-probe.js';
import type { KnownNetwork } from '../../src/core/mn/known-networks.js';

interface Tested {
  readonly interface: string;
  readonly networks: readonly TestedEntry[];
}

export default class DhcpDna extends BaseCommand {
  static override summary = 'tell which known network an interface is on';
  static override description =
    'The reachability test of RFC 4436: the gateway of every network that a daemon has a lease of is asked by ARP, each by its own link-layer address. The networks are those in the store of a daemon, or one that is named. Nothing is configured. Needs no daemon, but CAP_NET_RAW and a readable store. The exit code is 1 when no gateway answers.';
  static override examples = [
    '<%= config.bin %> dhcp dna eth0',
    '<%= config.bin %> dhcp dna eth0 --gateway 10.0.0.1 --mac 02:00:00:00:00:01 --address 10.0.0.7',
  ];
  static override args = {
    iface: Args.string({ required: true, description: 'interface to ask on' }),
  };
  static override flags = {
    store: Flags.string({
      helpValue: 'FILE',
      description: 'store of a daemon [default: the only one in /var/lib/mip6]',
      exclusive: ['name', 'gateway'],
    }),
    name: Flags.string({
      char: 'n',
      helpValue: 'NAME',
      description: 'name of the daemon: /var/lib/mip6/NAME.store',
      exclusive: ['store', 'gateway'],
    }),
    gateway: Flags.string({
      helpValue: 'ADDRESS',
      description: 'IPv4 address of the gateway',
      dependsOn: ['mac', 'address'],
    }),
    mac: Flags.string({
      helpValue: 'MAC',
      description: 'link-layer address of the gateway',
      dependsOn: ['gateway'],
    }),
    address: Flags.string({
      helpValue: 'ADDRESS',
      description: 'IPv4 address that is ours on that network',
      dependsOn: ['gateway'],
    }),
    wait: Flags.integer({
      char: 'w',
      min: 1,
      max: 60,
      default: 1,
      helpValue: 'SECONDS',
      description: 'how long answers are waited for',
    }),
  };

  override async run(): Promise<Tested> {
    const { args, flags } = await this.parse(DhcpDna);
    const { iface } = args;
    const networksOf =
      flags.gateway === undefined
        ? await kept(flags)
        : named(flags.gateway, flags.mac ?? '', flags.address ?? '');
    const { runOnLink } = await import('../../src/diagnostics/on-link.js');
    const { GatewayTest } = await import('../../src/core/mn/gateway-test.js');
    let since = 0 as Instant;
    const test = await runOnLink(iface, (mac, _random, now) => {
      since = now;
      return new GatewayTest(iface, networksOf(mac, now), flags.wait * 1000, now);
    });
    const networks = test.answers.map(({ network, after }) => ({
      gateway: network.gateway,
      gatewayMac: network.gatewayMac,
      address: network.lease.address,
      expiresIn: secondsLeft(network, since),
      after: after === null ? null : Math.round(after * 10) / 10,
    }));
    if (networks.every((n) => n.after === null)) process.exitCode = 1;
    if (networks.length === 0) this.log(`${iface} has no lease of any network.`);
    else this.log(await table(testedColumns(this.style), networks, this.style));
    return { interface: iface, networks };
  }
}

type Networks = (mac: MacAddress, now: Instant) => readonly (KnownNetwork | ProbedNetwork)[];

/** RFC 4436 §2.1 d: those whose lease was given to this interface. */
async function kept(flags: {
  store?: string | undefined;
  name?: string | undefined;
}): Promise<Networks> {
  const { storePath } = await import('../../src/cli/store-choice.js');
  const { readStore } = await import('../../src/linux/store.js');
  const { KnownNetworks } = await import('../../src/core/mn/known-networks.js');
  const { clockName } = await import('../../src/linux/clock.js');
  const { CLOCK_KEY } = await import('../../src/core/role.js');
  const store = new Map(readStore(storePath(flags, process.env)));
  // The daemon has perhaps not run since the machine started.
  store.set(CLOCK_KEY, clockName() ?? '');
  const networks = new KnownNetworks(store);
  return (mac, now) => networks.list(now).filter(({ client }) => client === mac);
}

function named(gatewayText: string, macText: string, addressText: string): Networks {
  const gateway = parseIpv4(gatewayText);
  const gatewayMac = parseMac(macText);
  const address = parseIpv4(addressText);
  if (!gateway) throw new UsageError('USAGE', `"${gatewayText}" is not an IPv4 address.`);
  if (!gatewayMac) throw new UsageError('USAGE', `"${macText}" is not a link-layer address.`);
  if (!address) throw new UsageError('USAGE', `"${addressText}" is not an IPv4 address.`);
  return (client) => [{ gateway, gatewayMac, client, lease: { address } }];
}

function secondsLeft(network: KnownNetwork | ProbedNetwork, now: Instant): number | null {
  if (!('timed' in network) || !network.timed || network.lease.expiresAt === null) return null;
  return Math.round(network.lease.expiresAt - now) / 1000;
}
