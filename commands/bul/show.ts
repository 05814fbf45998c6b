import * as Args from '@oclif/core/args';
import { ControlCommand } from '../../src/cli/control-command.js';
import { bulDetails } from '../../src/cli/render/binding.js';
import { ControlError } from '../../src/control/error.js';
import type { BulEntry } from '../../src/control/api.js';

export default class BulShow extends ControlCommand {
  static override summary = 'show what is known of one registration';
  static override examples = [
    '<%= config.bin %> bul show 2001:db8:a::100',
    '<%= config.bin %> bul show 192.0.2.100 --json',
  ];
  static override args = {
    address: Args.string({ required: true, description: 'home address, IPv6 or IPv4' }),
  };

  override async run(): Promise<{ entries: readonly BulEntry[] }> {
    const { args, flags } = await this.parse(BulShow);
    const control = await this.control(flags);
    const { entries } = await control.call('bul.list', { homeAddress: args.address });
    if (entries.length === 0)
      throw new ControlError('REFUSED', `${args.address} is not in the Binding Update List.`);
    this.log(entries.map((entry) => bulDetails(entry, this.style)).join('\n\n'));
    return { entries };
  }
}
