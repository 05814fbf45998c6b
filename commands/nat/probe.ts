import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {
  isIpv4,
  isUnspecified,
  parseAddress,
  parseIpv4,
  type Ipv4,
  type Ipv6,
} from '../../src/base/address.js';
import { UsageError } from '../../src/base/error.js';
import { ControlCommand } from '../../src/cli/control-command.js';
import type { NatAnswer } from '../../src/cli/probe-nat.js';
import { natText, REGISTRATION_COLUMNS, type Registration } from '../../src/cli/render/nat.js';
import { table } from '../../src/cli/render/table.js';
import type { DaemonFlags } from '../../src/cli/socket-path.js';

interface Probed {
  readonly probe: NatAnswer;
  /** What the mobile node of this host has found when it registered; none without a daemon. */
  readonly registrations: readonly Registration[];
}

/** Whom to ask, and from where. */
interface Target {
  readonly homeAgent: Ipv6;
  readonly homeAgent4: Ipv4;
  readonly source?: Ipv4 | undefined;
  readonly link?: string | undefined;
  readonly registrations: readonly Registration[];
}

export default class NatProbe extends ControlCommand {
  static override summary = 'find out whether there is a NAT on the way to the home agent';
  static override description = `Asks with a Binding Update that no home agent accepts, from a port of its own: no binding is made, and none is touched. Without addresses the mobile node that runs here says which home agent, from which care-of address, and what its registrations have found. With the two addresses of a home agent no daemon is needed. Needs a raw socket: root or CAP_NET_RAW. The exit code is 1 when it cannot be told.`;
  static override examples = [
    '<%= config.bin %> nat probe',
    '<%= config.bin %> nat probe 203.0.113.1 2001:db8:a::1',
    `<%= config.bin %> nat probe 203.0.113.1 2001:db8:a::1 --interface eth0 --json | jq -r .probe.outcome`,
  ];
  static override args = {
    address: Args.string({ description: 'IPv4 address of a home agent' }),
    address6: Args.string({ description: 'its IPv6 address' }),
  };
  static override flags = {
    home: Flags.string({
      helpValue: 'ADDRESS',
      description: 'ask the home agent of this home address of the mobile node',
    }),
    interface: Flags.string({
      char: 'i',
      helpValue: 'INTERFACE',
      description: 'leave by this interface',
    }),
    source: Flags.string({
      helpValue: 'ADDRESS',
      description:
        'IPv4 address to ask from [default: the care-of address, or the kernel’s choice]',
    }),
    wait: Flags.integer({
      char: 'w',
      min: 1,
      max: 60,
      default: 4,
      helpValue: 'SECONDS',
      description: 'how long an answer is waited for; the question is repeated every second',
    }),
  };

  override async run(): Promise<Probed> {
    const { args, flags } = await this.parse(NatProbe);
    const named = source4(flags.source);
    const target =
      args.address === undefined
        ? await this.#fromDaemon(flags)
        : fromArguments(args.address, args.address6, flags);
    const { registrations, homeAgent, homeAgent4 } = target;
    // A care-of address that was not named belongs to its own interface.
    const own = named === undefined && flags.interface === undefined;
    const { probeNat } = await import('../../src/cli/probe-nat.js');
    const spinner = await this.progress(`asking ${homeAgent4}`);
    try {
      const probe = await probeNat({
        homeAgent,
        homeAgent4,
        source: own ? target.source : named,
        link: own ? target.link : flags.interface,
        patience: flags.wait * 1000,
        signal: this.caller?.signal ?? new AbortController().signal,
      });
      spinner.stop();
      if (probe.outcome !== 'nat' && probe.outcome !== 'none') process.exitCode = 1;
      this.log(natText(probe, flags.wait, this.style));
      if (registrations.length > 0) {
        this.log(
          `\nAs registered:\n${await table(REGISTRATION_COLUMNS, registrations, this.style)}`,
        );
      }
      return { probe, registrations };
    } finally {
      spinner.stop();
    }
  }

  async #fromDaemon(flags: DaemonFlags & { home?: string | undefined }): Promise<Target> {
    const control = await this.control(flags);
    const { entries } = await control.call('bul.list', { homeAddress: flags.home });
    const entry = entries.find(({ peer, peer4 }) => !isUnspecified(peer) && peer4 !== null);
    if (!entry?.peer4) {
      throw new UsageError(
        'NAT_HOME_AGENT',
        'The daemon knows no home agent with an IPv4 address.',
        'Name one: its IPv4 and its IPv6 address.',
      );
    }
    const four = entry.choice?.candidates.filter(({ family }) => family === 4) ?? [];
    const candidate = four.find(({ current }) => current) ?? four[0];
    const source = candidate && isIpv4(candidate.address) ? candidate.address : undefined;
    const registrations = entries.map(
      ({ homeAddress, careOf, link, state, path, nat, natRefresh }) => ({
        homeAddress,
        careOf,
        link,
        state,
        path,
        nat,
        natRefresh,
      }),
    );
    const { peer: homeAgent, peer4: homeAgent4 } = entry;
    return { homeAgent, homeAgent4, source, link: candidate?.link, registrations };
  }
}

/** In any order. Throws `UsageError`. */
function fromArguments(
  one: string,
  other: string | undefined,
  flags: DaemonFlags & { home?: string | undefined },
): Target {
  if ((flags.home ?? flags.name ?? flags.socket) !== undefined) {
    throw new UsageError(
      'USAGE',
      'With addresses no daemon is asked: leave out --home, --name and --socket.',
    );
  }
  const given = [one, other].flatMap((text) => {
    if (text === undefined) return [];
    const address = parseAddress(text);
    if (!address) throw new UsageError('USAGE', `"${text}" is no IP address.`);
    return [address];
  });
  const homeAgent4 = given.find((address): address is Ipv4 => isIpv4(address));
  const homeAgent = given.find((address): address is Ipv6 => !isIpv4(address));
  if (homeAgent4 === undefined || homeAgent === undefined) {
    throw new UsageError(
      'USAGE',
      'A home agent is asked at both of its addresses.',
      'Say its IPv4 and its IPv6 address, such as 203.0.113.1 2001:db8:a::1.',
    );
  }
  return { homeAgent, homeAgent4, registrations: [] };
}

function source4(text: string | undefined): Ipv4 | undefined {
  if (text === undefined) return undefined;
  const address = parseIpv4(text);
  if (!address) throw new UsageError('USAGE', `"${text}" is not an IPv4 address.`);
  return address;
}
