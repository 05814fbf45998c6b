import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { UsageError } from '../../src/base/error.js';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class LabUp extends BaseCommand {
  static override summary = 'bring a lab up and leave it up';
  static override description =
    'The network of a lab with its daemons, in the background until "lab down". Nothing moves by itself: "lab move" does.';
  static override examples = [
    '<%= config.bin %> lab up roam',
    '<%= config.bin %> lab move mn visited1',
    '<%= config.bin %> lab exec mn -- mip6 bul',
  ];
  static override args = {
    lab: Args.string({ required: true, description: 'name of a lab, or path of a lab file' }),
  };
  static override flags = {
    world: Flags.option({
      options: ['netns', 'uml', 'vm'] as const,
      default: 'netns',
      description: 'only namespaces of this kernel stay up',
    })(),
    foreground: Flags.boolean({ description: 'stay, and take it down on Ctrl-C' }),
    pcap: Flags.string({ helpValue: 'DIR', description: 'write a pcapng file per link' }),
  };

  override async run(): Promise<{ lab: string; id: string; pid: number } | void> {
    const { args, flags } = await this.parse(LabUp);
    const { loadLab } = await import('../../src/lab/library.js');
    const { hostLab, startHost } = await import('../../src/lab/netns/host-lab.js');
    if (flags.world !== 'netns') {
      const what = 'A lab in a guest kernel cannot be left up: nothing leads into it from here.';
      const way = `"mip6 lab run ${args.lab} --world ${flags.world}" plays it there to its end.`;
      throw new UsageError('LAB_GUEST', what, way);
    }
    const file = loadLab(args.lab);
    if (flags.foreground) {
      const code = await hostLab(file, { pcap: flags.pcap, say: (line) => this.log(line) });
      return this.exit(code);
    }
    const up = await startHost(file, flags.pcap);
    if (!this.jsonEnabled()) {
      this.log(`${up.lab} is up (${up.id}): ${file.lab.nodes.map((n) => n.name).join(', ')}`);
      this.log(
        `Try "mip6 lab exec ${file.lab.nodes.find((n) => n.role === 'mn')?.name ?? 'NODE'} -- ip address".`,
      );
    }
    return up;
  }
}
