import { DhcpActionCommand } from '../../src/cli/dhcp-action-command.js';

export default class DhcpRenew extends DhcpActionCommand {
  static override summary = 'extend a lease now, before its time';
  static override description = `RFC 2131 §4.4.5: the server is asked for more of the lease; the address stays in use meanwhile. The exit code is 1 when there is no lease.`;
  static override examples = [
    '<%= config.bin %> dhcp renew',
    '<%= config.bin %> dhcp renew eth0 --json',
  ];

  protected override readonly action = 'renew';
}
