import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class LabShell extends BaseCommand {
  static override summary = 'open a shell in a node of a lab';
  static override description =
    'In there "mip6" speaks to the daemon of that node, and every network tool sees what the node sees. "mip6 repl --node NODE" opens the prompt of mip6 there.';
  static override examples = ['<%= config.bin %> lab shell mn'];
  static override args = {
    node: Args.string({ required: true, description: 'which node' }),
  };
  static override flags = {
    lab: Flags.string({ helpValue: 'NAME', description: 'where several labs are up' }),
  };
  static override enableJsonFlag = false;

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(LabShell);
    const { commandIn, findRunning } = await import('../../src/lab/netns/attach.js');
    const { runInTerminal } = await import('../../src/lab/netns/command.js');
    const shell = process.env['SHELL'] ?? '/bin/sh';
    const inside = commandIn(findRunning(flags.lab), args.node, [shell]);
    const prompt = { PS1: `[${args.node}] \\w \\$ `, MIP6_NODE: args.node };
    this.exit(await runInTerminal(inside.command, { ...inside.environment, ...prompt }));
  }
}
