import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.js';
import type { TakenDown } from '../../src/lab/netns/attach.js';

export default class LabDown extends BaseCommand {
  static override summary = 'take labs down, and remove what a crash left of one';
  static override description =
    'Only what a lab has made is removed. Without a name: every lab that "lab up" started, and every one whose process is gone.';
  static override examples = ['<%= config.bin %> lab down', '<%= config.bin %> lab down roam'];
  static override args = {
    lab: Args.string({ description: 'name of a lab, or its id' }),
  };

  override async run(): Promise<{ down: readonly TakenDown[] }> {
    const { args } = await this.parse(LabDown);
    const { takeDown } = await import('../../src/lab/netns/attach.js');
    const down = await takeDown(args.lab);
    for (const { lab, id, wasRunning } of down) {
      this.log(
        wasRunning
          ? `${lab} (${id}) is down`
          : `${lab} (${id}) had been left behind and is removed`,
      );
    }
    if (down.length === 0) this.log('No lab is up.');
    return { down };
  }
}
