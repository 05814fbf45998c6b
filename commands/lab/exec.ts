import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class LabExec extends BaseCommand {
  static override summary = 'run a command in a node of a lab';
  static override description = 'Ends with the exit code of the command.';
  static override examples = [
    '<%= config.bin %> lab exec mn -- ip address',
    '<%= config.bin %> lab exec cn -- ping -c 3 2001:db8:a::100',
  ];
  static override strict = false;
  static override args = {
    node: Args.string({ required: true, description: 'which node' }),
  };
  static override flags = {
    lab: Flags.string({ helpValue: 'NAME', description: 'where several labs are up' }),
  };
  static override enableJsonFlag = false;
  static override usage = 'lab exec NODE [--lab NAME] -- COMMAND...';

  override async run(): Promise<void> {
    const { args, flags, argv } = await this.parse(LabExec);
    const { UsageError } = await import('../../src/base/error.js');
    const { commandIn, findRunning } = await import('../../src/lab/netns/attach.js');
    const { runInTerminal } = await import('../../src/lab/netns/command.js');
    const command = (argv as string[]).slice(1);
    if (command.length === 0) throw new UsageError('USAGE', 'Which command?', 'Put it after "--".');
    const inside = commandIn(findRunning(flags.lab), args.node, command);
    this.exit(await runInTerminal(inside.command, inside.environment));
  }
}
