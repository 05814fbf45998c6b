import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { formatPrefix } from '../../src/base/address.js';
import { BaseCommand } from '../../src/cli/base-command.js';
import { OFFER_COLUMNS, type OfferEntry } from '../../src/cli/render/dhcp.js';
import { table } from '../../src/cli/render/table.js';

interface Offers {
  readonly interface: string;
  readonly offers: readonly OfferEntry[];
}

export default class DhcpDiscover extends BaseCommand {
  static override summary = 'show which DHCP servers offer what';
  static override description =
    'Sends a DHCPDISCOVER (RFC 2131 §4.4.1) from an interface and shows every offer. Nothing is requested: no address is taken, and a lease that the interface has stays as it is. Needs no daemon, but CAP_NET_RAW. The exit code is 1 when nobody offers anything.';
  static override examples = [
    '<%= config.bin %> dhcp discover eth0',
    `<%= config.bin %> dhcp discover eth0 --json | jq -r '.offers[].server'`,
  ];
  static override args = {
    iface: Args.string({ required: true, description: 'interface to ask on' }),
  };
  static override flags = {
    wait: Flags.integer({
      char: 'w',
      min: 1,
      max: 60,
      default: 3,
      helpValue: 'SECONDS',
      description: 'how long offers are collected',
    }),
  };

  override async run(): Promise<Offers> {
    const { args, flags } = await this.parse(DhcpDiscover);
    const { runOnLink } = await import('../../src/diagnostics/on-link.js');
    const { DhcpSurvey } = await import('../../src/core/mn/dhcp-survey.js');
    const { iface } = args;
    const spinner = await this.progress(`waiting for offers on ${iface}`);
    try {
      const patience = flags.wait * 1000;
      const survey = await runOnLink(
        iface,
        (mac, random, now) => new DhcpSurvey(iface, mac, patience, random, now),
      );
      const offers = survey.offers.map((offer) => ({
        ...offer,
        routes: offer.routes.map((r) => ({ ...r, destination: formatPrefix(r.destination) })),
        after: Math.round(offer.after * 10) / 10,
      }));
      spinner.stop();
      if (offers.length === 0) {
        process.exitCode = 1;
        this.log(`No DHCP server on ${iface} has offered anything within ${flags.wait} s.`);
      } else this.log(await table(OFFER_COLUMNS, offers, this.style));
      return { interface: iface, offers };
    } finally {
      spinner.stop();
    }
  }
}
