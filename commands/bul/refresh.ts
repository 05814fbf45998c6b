import { BindingCommand } from '../../src/cli/binding-command.js';
import type { Result } from '../../src/control/api.js';

export default class BulRefresh extends BindingCommand {
  static override summary = 'register a home address anew, now';
  static override description = `Sends a Binding Update for the care-of address that is chosen (RFC 6275 §11.7.1). A refusal is overruled, and a registration that was deleted with "bul del" is made again. The exit code is 1 when it cannot be.`;
  static override examples = [
    '<%= config.bin %> bul refresh',
    '<%= config.bin %> bul refresh 2001:db8:a::100 --dry-run',
  ];
  static override args = BindingCommand.args;
  static override flags = BindingCommand.flags;

  override async run(): Promise<Result<'bul.refresh'>> {
    const { args, flags } = await this.parse(BulRefresh);
    const control = await this.control(flags);
    const dryRun = flags['dry-run'];
    const verdict = await control.call('bul.refresh', { homeAddress: args.address, dryRun });
    return this.tell(verdict, dryRun, null);
  }
}
