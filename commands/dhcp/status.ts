import * as Args from '@oclif/core/args';
import { ControlCommand } from '../../src/cli/control-command.js';
import { dhcpDetails, dhcpTables } from '../../src/cli/render/dhcp.js';
import type { Result } from '../../src/control/api.js';

export default class DhcpStatus extends ControlCommand {
  static override summary = 'show leases and known networks';
  static override description =
    'DHCP clients of a mobile node (RFC 2131), and the networks whose leases are used again when their gateway answers (RFC 4436). With an interface: all that is known of its lease.';
  static override examples = [
    '<%= config.bin %> dhcp status',
    `<%= config.bin %> dhcp status eth0 --json | jq -r '.links[0].lease.address'`,
  ];
  static override args = { iface: Args.string({ description: 'interface' }) };

  override async run(): Promise<Result<'dhcp.status'>> {
    const { args, flags } = await this.parse(DhcpStatus);
    const control = await this.control(flags);
    const status = await control.call('dhcp.status', { link: args.iface });
    if (args.iface === undefined) this.log(await dhcpTables(status, this.style));
    else this.log(status.links.map((entry) => dhcpDetails(entry, this.style)).join('\n\n'));
    return status;
  }
}
