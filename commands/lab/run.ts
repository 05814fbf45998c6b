import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { EXIT } from '../../src/cli/exit-codes.js';
import { stepsOn } from '../../src/cli/steps.js';
import type { LabResult } from '../../src/lab/run.js';

export default class LabRun extends BaseCommand {
  static override summary =
    'play a lab: its moves, what they cost, and whether all is as it should be';
  static override description =
    'In network namespaces of this kernel with the real daemon where that can be done, else simulated in virtual time; which and why is said first. Exit code 1 when a check fails.';
  static override examples = [
    '<%= config.bin %> lab run roam',
    '<%= config.bin %> lab run roam --world sim --seed 7',
    `<%= config.bin %> lab run roam --json | jq '.moves[].outages'`,
    '<%= config.bin %> lab run ./mine.yaml --pcap captures',
  ];
  static override args = {
    lab: Args.string({ required: true, description: 'name of a lab, or path of a lab file' }),
  };
  static override flags = {
    world: Flags.option({
      options: ['netns', 'uml', 'vm', 'sim'] as const,
      description:
        'where to run it: namespaces of this kernel, of user-mode-linux, of a virtual machine; simulated [default: netns if possible]',
    })(),
    kernel: Flags.option({
      options: ['6.1', '6.12'] as const,
      description: "of --world vm: Debian's kernel [default: 6.1]",
    })(),
    datapath: Flags.option({
      options: ['kernel', 'userspace'] as const,
      description:
        'what forwards in mobile nodes and home agents [default: what each finds possible]',
    })(),
    seed: Flags.string({
      default: '1',
      helpValue: 'SEED',
      description: 'of chance, in the simulated world',
    }),
    pcap: Flags.string({ helpValue: 'DIR', description: 'write a pcapng file per link' }),
    keep: Flags.boolean({ description: 'leave it up afterwards, until interrupted' }),
  };

  override async run(): Promise<LabResult> {
    const { args, flags } = await this.parse(LabRun);
    const { loadLab } = await import('../../src/lab/library.js');
    const { playLab } = await import('../../src/lab/play.js');
    const file = loadLab(args.lab);
    const played = await playLab(file, {
      world: flags.world,
      kernel: flags.kernel,
      datapath: flags.datapath,
      seed: flags.seed,
      pcap: flags.pcap,
      keep: flags.keep,
      style: this.style,
      colour: this.style.colour,
      json: this.jsonEnabled(),
      progress: this.jsonEnabled() ? undefined : await stepsOn(process.stderr),
      // With --json nothing but the result goes to standard output.
      say: this.jsonEnabled() ? undefined : (line) => this.log(line),
    });
    if (played.kind === 'elsewhere') return this.exit(played.code);
    if (!played.result.passed) process.exitCode = EXIT.no;
    return played.result;
  }
}
