import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';
import { diagnose, type Diagnosis } from '../src/cli/diagnose.js';
import { diagnosisText } from '../src/cli/render/diagnosis.js';

export default class Doctor extends BaseCommand {
  static override summary = 'say what this host lacks to be a mobile node or home agent';
  static override description =
    'Tries what the daemon will do, and changes nothing: what the kernel can do is tried in a network namespace that goes away again. Says which datapath there would be, why, and what each missing thing costs. With -c also reads the configuration, looks for its interfaces and heeds its Datapath. The exit code is 1 when something that is needed is missing; hints are not.';
  static override examples = [
    '<%= config.bin %> doctor --role ha',
    `<%= config.bin %> doctor --json | jq -r '.datapath[] | .role + ": " + .words'`,
    `<%= config.bin %> doctor -c /etc/mip6d.conf --json | jq -r '.findings[] | select(.state == "missing") | .remedy'`,
  ];
  static override flags = {
    role: Flags.option({
      options: ['mn', 'ha'] as const,
      description: 'role to judge for [default: of the configuration, or mn]',
    })(),
    config: Flags.string({
      char: 'c',
      helpValue: 'FILE',
      description: 'configuration file to judge too',
    }),
  };

  override async run(): Promise<Diagnosis> {
    const { flags } = await this.parse(Doctor);
    const progress = await this.progress('looking at this host');
    try {
      const diagnosis = await diagnose({ role: flags.role, config: flags.config });
      progress.stop();
      if (!diagnosis.ok) process.exitCode = 1;
      this.log(diagnosisText(diagnosis, this.style));
      return diagnosis;
    } finally {
      progress.stop();
    }
  }
}
