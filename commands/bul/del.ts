import { BindingCommand } from '../../src/cli/binding-command.js';
import type { Result } from '../../src/control/api.js';

export default class BulDel extends BindingCommand {
  static override summary = 'deregister a home address';
  static override description = `Sends a Binding Update with lifetime zero (RFC 6275 §11.7.1). The home address cannot be reached then, and stays so until "bul refresh", until a handover is asked for, or until the node has been home. The exit code is 1 when there is no binding.`;
  static override examples = [
    '<%= config.bin %> bul del 2001:db8:a::100 --dry-run',
    '<%= config.bin %> bul del && <%= config.bin %> bul refresh',
  ];
  static override args = BindingCommand.args;
  static override flags = BindingCommand.flags;

  override async run(): Promise<Result<'bul.delete'>> {
    const { args, flags } = await this.parse(BulDel);
    const control = await this.control(flags);
    const dryRun = flags['dry-run'];
    const verdict = await control.call('bul.delete', { homeAddress: args.address, dryRun });
    return this.tell(verdict, dryRun, `${this.config.bin} bul refresh ${verdict.homeAddress}`);
  }
}
