import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { effectiveText } from '../../src/cli/render/config.js';
import { findingsText } from '../../src/cli/render/finding.js';
import { styleFor } from '../../src/cli/style.js';
import type { EffectiveConfig } from '../../src/daemon/config/effective.js';

export default class ConfigShow extends BaseCommand {
  static override summary = 'print the configuration that is in force, defaults marked';
  static override description =
    'What stands in the file and all that it includes, completed by the defaults of its role. The text is a configuration file again. What is wrong with the file goes to standard error; the exit code is 1 when there are errors.';
  static override examples = [
    '<%= config.bin %> config show /etc/mip6d.conf',
    '<%= config.bin %> config show ha.conf --all',
    `<%= config.bin %> config show mn.conf --json | jq -r '.directives[] | select(.from == "file") | .name'`,
  ];
  static override args = {
    file: Args.string({ default: '/etc/mip6d.conf', description: 'the configuration file' }),
  };
  static override flags = {
    all: Flags.boolean({
      char: 'a',
      description: 'with what is not set and has no default, and what each directive means',
    }),
  };

  override async run(): Promise<{ file: string } & EffectiveConfig> {
    const { args, flags } = await this.parse(ConfigShow);
    const { effectiveConfig } = await import('../../src/daemon/config/effective.js');
    const { fileSources } = await import('../../src/daemon/config/sources.js');
    const effective = effectiveConfig(args.file, fileSources);
    const { findings } = effective;
    if (findings.some((f) => f.severity === 'error')) process.exitCode = 1;
    if (findings.length > 0 && !this.jsonEnabled()) {
      const style = await styleFor(process.stderr);
      process.stderr.write(`${findingsText(args.file, findings, style)}\n`);
    }
    if (!findings.some((f) => f.code === 'CONFIG_FILE')) {
      this.log(effectiveText(effective, flags.all, this.style));
    }
    return { file: args.file, ...effective };
  }
}
