import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.js';
import { findingsText } from '../../src/cli/render/finding.js';
import type { Finding } from '../../src/daemon/config/finding.js';

export default class ConfigCheck extends BaseCommand {
  static override summary = 'read a configuration file and say what is wrong with it';
  static override description =
    'Understands the mip6d.conf of every UMIP. Nothing is started and nothing is changed; the exit code is 1 when there are errors.';
  static override examples = [
    '<%= config.bin %> config check /etc/mip6d.conf',
    `<%= config.bin %> config check ha.conf --json | jq -r '.findings[].message'`,
  ];
  static override args = {
    file: Args.string({ default: '/etc/mip6d.conf', description: 'the configuration file' }),
  };

  override async run(): Promise<{ file: string; ok: boolean; findings: readonly Finding[] }> {
    const { args } = await this.parse(ConfigCheck);
    const { loadConfig } = await import('../../src/daemon/config/compile.js');
    const { fileSources } = await import('../../src/daemon/config/sources.js');
    const { config, findings } = loadConfig(args.file, fileSources);
    const ok = config !== undefined;
    if (!ok) process.exitCode = 1;
    this.log(findingsText(args.file, findings, this.style));
    return { file: args.file, ok, findings };
  }
}
