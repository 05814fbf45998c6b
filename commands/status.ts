import type { Status as StatusResult } from '../src/control/api.js';
import { ControlCommand } from '../src/cli/control-command.js';
import { statusText } from '../src/cli/render/status.js';

export default class Status extends ControlCommand {
  static override summary = 'show one screen of what is';
  static override description =
    'Role, homes and where they are, links with their routers and addresses, what the daemon waits for, what it refused and why.';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --name ha --json',
  ];

  override async run(): Promise<StatusResult> {
    const { flags } = await this.parse(Status);
    const control = await this.control(flags);
    const status = await control.call('status', {});
    this.log(statusText(status, this.style));
    return status;
  }
}
