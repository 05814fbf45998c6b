import { DhcpActionCommand } from '../../src/cli/dhcp-action-command.js';

export default class DhcpRelease extends DhcpActionCommand {
  static override summary = 'give a lease back';
  static override description = `RFC 2131 §4.4.6: the server may give the address to another host. The interface has no IPv4 until carrier comes again, or until "mip6 dhcp request".`;
  static override examples = [
    '<%= config.bin %> dhcp release',
    '<%= config.bin %> dhcp release eth0 --json',
  ];

  protected override readonly action = 'release';
}
