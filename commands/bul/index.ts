import * as Flags from '@oclif/core/flags';
import { ControlCommand } from '../../src/cli/control-command.js';
import { bulColumns } from '../../src/cli/render/binding.js';
import { shortfall, table } from '../../src/cli/render/table.js';
import type { Result } from '../../src/control/api.js';

export default class Bul extends ControlCommand {
  static override summary = 'list the Binding Update List';
  static override description = 'What a mobile node has registered, and where (RFC 6275 §11.1).';
  static override examples = [
    '<%= config.bin %> bul',
    `<%= config.bin %> bul --json | jq -r '.entries[] | select(.state == "bound") | .careOf'`,
  ];
  static override flags = {
    limit: Flags.integer({ min: 1, default: 1000, helpValue: 'N', description: 'entries at most' }),
  };

  override async run(): Promise<Result<'bul.list'>> {
    const { flags } = await this.parse(Bul);
    const control = await this.control(flags);
    const result = await control.call('bul.list', { limit: flags.limit });
    if (result.total === 0) this.log('The Binding Update List is empty.');
    else
      this.log(
        (await table(bulColumns(this.style), result.entries, this.style)) + shortfall(result),
      );
    return result;
  }
}
