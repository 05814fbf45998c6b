import * as Args from '@oclif/core/args';
import type { Result } from '../control/api.js';
import type { DhcpAction } from '../core/role.js';
import { ControlCommand } from './control-command.js';

/** A command that makes a DHCP client of a running daemon do something. */
export abstract class DhcpActionCommand extends ControlCommand {
  static override args = {
    iface: Args.string({ description: 'interface; needed when several have a DHCP client' }),
  };

  protected abstract readonly action: DhcpAction;

  override async run(): Promise<Result<'dhcp.renew'>> {
    const { args, flags } = await this.parse(DhcpActionCommand);
    const control = await this.control(flags);
    const answer = await control.call(`dhcp.${this.action}`, { link: args.iface });
    if (!answer.accepted) process.exitCode = 1;
    const { accepted, link, reason } = answer;
    this.log(
      accepted ? this.style.good(`${link} ${reason}`) : this.style.error(`Refused: ${reason}`),
    );
    return answer;
  }
}
