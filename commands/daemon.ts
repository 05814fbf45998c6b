import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';
import { socketOfName } from '../src/cli/socket-path.js';
import type { Finding } from '../src/daemon/config/finding.js';

export default class DaemonCommand extends BaseCommand {
  static override summary = 'run a mobile node or home agent';
  static override description =
    'Runs in the foreground until SIGTERM or SIGINT, then deregisters, takes its state out of the kernel and ends; a second signal ends it at once. Events go to standard error, one line each.';
  static override examples = [
    '<%= config.bin %> daemon -c /etc/mip6d.conf',
    '<%= config.bin %> daemon -c ha.conf -n ha --log-json',
  ];
  static override flags = {
    config: Flags.string({
      char: 'c',
      default: '/etc/mip6d.conf',
      helpValue: 'FILE',
      description: 'configuration file',
    }),
    name: Flags.string({
      char: 'n',
      helpValue: 'NAME',
      description: 'name of this daemon [default: mn or ha]',
    }),
    socket: Flags.string({
      helpValue: 'PATH',
      description: 'control socket [default: /run/mip6/NAME.sock]',
    }),
    'log-json': Flags.boolean({ description: 'events as JSON, one object a line' }),
    check: Flags.boolean({
      description: 'read the configuration, see whether it could run, and end',
    }),
  };

  override async run(): Promise<{ ok: true; findings: readonly Finding[] } | void> {
    const { flags } = await this.parse(DaemonCommand);
    const { loadConfig } = await import('../src/daemon/config/compile.js');
    const { fileSources } = await import('../src/daemon/config/sources.js');
    const { formatFinding } = await import('../src/daemon/config/finding.js');
    const { DaemonError } = await import('../src/daemon/error.js');
    const { requirePrivileges } = await import('../src/daemon/privileges.js');

    const { config, findings } = loadConfig(flags.config, fileSources);
    const lines = findings.map(formatFinding);
    if (!config) {
      const unreadable = findings.find((f) => f.code === 'CONFIG_FILE');
      const said = `The configuration cannot be honoured.\n${lines.join('\n')}`;
      throw new DaemonError('CONFIG', unreadable?.message ?? said);
    }
    if (!this.jsonEnabled()) for (const line of lines) process.stderr.write(`${line}\n`);
    requirePrivileges();
    if (flags.check) {
      this.log(`${flags.config}: ${this.style.good('fit to run')}`);
      return { ok: true, findings };
    }

    const { runDaemon } = await import('../src/daemon/run.js');
    const name = flags.name ?? config.role;
    const status = await runDaemon({
      config,
      warnings: findings.map((f) => f.message),
      name,
      socket: flags.socket ?? socketOfName(name),
      version: this.config.version,
      logJson: flags['log-json'] || this.jsonEnabled(),
    });
    this.exit(status);
  }
}
