import * as Flags from '@oclif/core/flags';
import { ControlCommand } from '../src/cli/control-command.js';

export default class Repl extends ControlCommand {
  static override summary = 'all commands at one prompt, on one connection';
  static override description =
    'Completion with live values, history, selection (bul | .entries[0].careOf), variables, "expect EVENT within 2s", "on EVENT do COMMAND", "use NODE". Without a terminal, standard input is a script: it goes on after a failure, and the exit code is that of the last one. See docs/repl.md, or "help" in there.';
  static override examples = [
    '<%= config.bin %> repl',
    '<%= config.bin %> repl --node mn',
    `echo 'bul | .entries[0].careOf' | <%= config.bin %> repl`,
    `printf 'handover ipv4\\nexpect BINDING_ACCEPTED within 2s\\n' | <%= config.bin %> repl --name mn`,
  ];
  static override flags = {
    node: Flags.string({
      helpValue: 'NODE',
      description: 'inside a node of a lab: every command sees what the node sees',
      exclusive: ['socket', 'name'],
    }),
    lab: Flags.string({
      helpValue: 'NAME',
      description: 'where several labs are up',
      dependsOn: ['node'],
    }),
  };
  static override enableJsonFlag = false;

  override async run(): Promise<void> {
    const { flags } = await this.parse(Repl);
    if (flags.node !== undefined) return this.#inside(flags.node, flags.lab);
    const { repl } = await import('../src/cli/repl/repl.js');
    const { config } = this;
    const { stdin: input, stdout: output } = process;
    process.exitCode = await repl({ config, daemon: flags, input, output });
  }

  async #inside(node: string, lab: string | undefined): Promise<void> {
    const { commandIn, findRunning } = await import('../src/lab/netns/attach.js');
    const { runInTerminal } = await import('../src/lab/netns/command.js');
    const { programCommand } = await import('../src/lab/netns/program.js');
    const inside = commandIn(findRunning(lab), node, [...programCommand(), 'repl']);
    this.exit(await runInTerminal(inside.command, inside.environment));
  }
}
