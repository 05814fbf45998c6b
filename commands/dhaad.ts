import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {
  isIpv6,
  parseIpv6,
  parsePrefix,
  prefixOf,
  type Ipv6,
  type Prefix,
} from '../src/base/address.js';
import { UsageError } from '../src/base/error.js';
import { ControlCommand } from '../src/cli/control-command.js';
import { homeAgentsText } from '../src/cli/render/home-agents.js';
import type { HomeAgentsEntry } from '../src/control/api.js';

interface Asked {
  readonly anycast: string;
  readonly source: string;
  /** Who answered; null when nobody has. */
  readonly by: string | null;
  /** Best first. */
  readonly agents: readonly string[];
  /** Milliseconds to the answer. */
  readonly after: number | null;
}

export default class Dhaad extends ControlCommand {
  static override summary = 'ask for home agents now';
  static override description = `Dynamic Home Agent Address Discovery (RFC 6275 §11.4.1): a question to the Mobile IPv6 Home-Agents anycast address of the home subnet. Without PREFIX the mobile node that runs here asks, and goes on with what it learns. With PREFIX (or any address of that subnet, which stands for its /64) this command asks by itself: no daemon is needed, but CAP_NET_RAW. The exit code is 1 when nobody answers.`;
  static override examples = [
    '<%= config.bin %> dhaad',
    '<%= config.bin %> dhaad 2001:db8:a::/64',
    '<%= config.bin %> dhaad 2001:db8:a::100 --interface eth0 --wait 10 --json',
  ];
  static override args = {
    prefix: Args.string({ description: 'home subnet to ask about, without a daemon' }),
  };
  static override flags = {
    home: Flags.string({
      helpValue: 'ADDRESS',
      description: 'only for this home address of the mobile node',
    }),
    interface: Flags.string({
      char: 'i',
      helpValue: 'INTERFACE',
      description: 'with PREFIX: interface to ask by',
    }),
    source: Flags.string({
      helpValue: 'ADDRESS',
      description: 'with PREFIX: care-of address to ask from',
    }),
    wait: Flags.integer({
      char: 'w',
      min: 1,
      max: 120,
      default: 10,
      helpValue: 'SECONDS',
      description: 'how long an answer is waited for; the question is repeated after 3, 6, 12 … s',
    }),
  };

  override async run(): Promise<Asked | { readonly homes: readonly HomeAgentsEntry[] }> {
    const { args, flags } = await this.parse(Dhaad);
    if (args.prefix === undefined) return this.#byDaemon(flags);
    const only = flags.home ?? flags.name ?? flags.socket;
    if (only !== undefined) {
      throw new UsageError(
        'USAGE',
        'With PREFIX no daemon is asked: leave out --home, --name and --socket.',
      );
    }
    return this.#byHand(subnetOf(args.prefix), flags);
  }

  async #byDaemon(flags: {
    home?: string | undefined;
    name?: string | undefined;
    socket?: string | undefined;
    interface?: string | undefined;
    source?: string | undefined;
    wait: number;
  }) {
    if (flags.interface !== undefined || flags.source !== undefined) {
      throw new UsageError(
        'USAGE',
        'A daemon knows where it is: --interface and --source want a PREFIX.',
      );
    }
    const control = await this.control(flags);
    const verdict = await control.call('agents.discover', { homeAddress: flags.home });
    const until = performance.now() + flags.wait * 1000;
    const spinner = await this.progress('asking for home agents');
    try {
      for (;;) {
        const { homes } = await control.call('agents.list', {});
        const asking = homes.some(({ discovery }) => discovery === 'asking');
        if (verdict.accepted && asking && performance.now() < until) {
          await new Promise((done) => setTimeout(done, POLL));
          continue;
        }
        spinner.stop();
        const answered = homes.some(({ outcome }) => outcome === 'answered');
        if (!verdict.accepted || !answered) process.exitCode = 1;
        if (!verdict.accepted) this.log(this.style.error(`Refused: ${verdict.reason}`));
        else if (!answered) this.log(`No home agent has answered within ${flags.wait} s.`);
        this.log(await homeAgentsText({ links: [], homes }, this.style));
        return { homes };
      }
    } finally {
      spinner.stop();
    }
  }

  async #byHand(
    subnet: Prefix<Ipv6>,
    flags: { interface?: string | undefined; source?: string | undefined; wait: number },
  ): Promise<Asked> {
    const source = flags.source === undefined ? undefined : addressOf(flags.source);
    const { askForHomeAgents } = await import('../src/cli/ask-home-agents.js');
    const spinner = await this.progress('asking for home agents');
    try {
      const asked = await askForHomeAgents({
        subnet,
        source,
        link: flags.interface,
        patience: flags.wait * 1000,
      });
      spinner.stop();
      const { by, after } = asked;
      if (by === null || after === null) {
        process.exitCode = 1;
        this.log(`Nobody answers at ${asked.anycast} within ${flags.wait} s.`);
      } else {
        this.log(`${by} names, best first, after ${after} ms:`);
        for (const agent of asked.agents) this.log(`  ${agent}`);
      }
      return asked;
    } finally {
      spinner.stop();
    }
  }
}

/** An address stands for its /64. */
function subnetOf(text: string): Prefix<Ipv6> {
  const address = parseIpv6(text);
  if (address) return prefixOf(address, 64);
  const prefix = parsePrefix(text);
  if (prefix && isIpv6(prefix.address)) return { address: prefix.address, length: prefix.length };
  throw new UsageError(
    'USAGE',
    `"${text}" is no IPv6 prefix.`,
    'Say one such as 2001:db8:a::/64, or an address in it. Home agents are not discovered over IPv4.',
  );
}

function addressOf(text: string): Ipv6 {
  const address = parseIpv6(text);
  if (!address) throw new UsageError('USAGE', `"${text}" is not an IPv6 address.`);
  return address;
}

const POLL = 100; // ms
