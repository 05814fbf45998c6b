import * as Args from '@oclif/core/args';
import { ControlCommand } from '../../src/cli/control-command.js';
import { bcDetails } from '../../src/cli/render/binding.js';
import { ControlError } from '../../src/control/error.js';
import type { BcEntry } from '../../src/control/api.js';

export default class BcShow extends ControlCommand {
  static override summary = 'show what is known of one binding';
  static override examples = [
    '<%= config.bin %> bc show 2001:db8:a::100',
    '<%= config.bin %> bc show 192.0.2.100 --json',
  ];
  static override args = {
    address: Args.string({ required: true, description: 'home address, IPv6 or IPv4' }),
  };

  override async run(): Promise<{ entries: readonly BcEntry[] }> {
    const { args, flags } = await this.parse(BcShow);
    const control = await this.control(flags);
    const { entries } = await control.call('bc.list', { homeAddress: args.address });
    if (entries.length === 0)
      throw new ControlError('REFUSED', `${args.address} is not in the Binding Cache.`);
    this.log(entries.map((entry) => bcDetails(entry, this.style)).join('\n\n'));
    return { entries };
  }
}
