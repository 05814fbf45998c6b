import * as Flags from '@oclif/core/flags';
import { ControlCommand } from '../../src/cli/control-command.js';
import { bcColumns } from '../../src/cli/render/binding.js';
import { shortfall, table } from '../../src/cli/render/table.js';
import type { Result } from '../../src/control/api.js';

export default class Bc extends ControlCommand {
  static override summary = 'list the Binding Cache';
  static override description =
    'Which home addresses this home agent serves, and where they are (RFC 6275 §9.1).';
  static override examples = [
    '<%= config.bin %> bc',
    `<%= config.bin %> bc --json | jq -r '.entries[] | .homeAddress'`,
  ];
  static override flags = {
    limit: Flags.integer({ min: 1, default: 1000, helpValue: 'N', description: 'entries at most' }),
  };

  override async run(): Promise<Result<'bc.list'>> {
    const { flags } = await this.parse(Bc);
    const control = await this.control(flags);
    const result = await control.call('bc.list', { limit: flags.limit });
    if (result.total === 0) this.log('The Binding Cache is empty.');
    else
      this.log(
        (await table(bcColumns(this.style), result.entries, this.style)) + shortfall(result),
      );
    return result;
  }
}
