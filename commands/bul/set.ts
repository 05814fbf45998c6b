import * as Flags from '@oclif/core/flags';
import { BindingCommand } from '../../src/cli/binding-command.js';
import type { Result } from '../../src/control/api.js';

export default class BulSet extends BindingCommand {
  static override summary = 'ask for another lifetime of a registration';
  static override description = `A Binding Update with the new lifetime is sent at once, and later ones ask for it too, until the daemon ends. The home agent may grant less, and no more than the care-of address and the home prefix are valid for is asked for (RFC 6275 §11.7.1). Another care-of address is chosen with "handover". The exit code is 1 when nothing is bound.`;
  static override examples = [
    '<%= config.bin %> bul set --lifetime 600',
    '<%= config.bin %> bul set 2001:db8:a::100 --lifetime 600 --dry-run --json',
  ];
  static override args = BindingCommand.args;
  static override flags = {
    ...BindingCommand.flags,
    lifetime: Flags.integer({
      required: true,
      min: 4,
      max: 262_140,
      helpValue: 'SECONDS',
      description: 'in steps of 4 (RFC 6275 §6.1.7)',
    }),
  };

  override async run(): Promise<Result<'bul.set'>> {
    const { args, flags } = await this.parse(BulSet);
    const control = await this.control(flags);
    const { 'dry-run': dryRun, lifetime } = flags;
    const params = { homeAddress: args.address, lifetime, dryRun };
    const verdict = await control.call('bul.set', params);
    const { bin } = this.config;
    const undo = `${bin} bul set ${verdict.homeAddress} --lifetime ${verdict.before}`;
    return this.tell(verdict, dryRun, undo);
  }
}
