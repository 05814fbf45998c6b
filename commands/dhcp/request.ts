import { DhcpActionCommand } from '../../src/cli/dhcp-action-command.js';

export default class DhcpRequest extends DhcpActionCommand {
  static override summary = 'ask for a lease now';
  static override description = `Also after a release, and in the pause after an address conflict or a refusal. The exit code is 1 when there is a lease already, or no carrier.`;
  static override examples = [
    '<%= config.bin %> dhcp request',
    '<%= config.bin %> dhcp request eth0 --json',
  ];

  protected override readonly action = 'request';
}
