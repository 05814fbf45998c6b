import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class LabMove extends BaseCommand {
  static override summary = 'plug a node of a lab into another link';
  static override examples = [
    '<%= config.bin %> lab move mn visited1',
    '<%= config.bin %> lab move mn none',
  ];
  static override args = {
    node: Args.string({ required: true, description: 'which node' }),
    link: Args.string({ required: true, description: 'which link, or "none"' }),
  };
  static override flags = {
    interface: Flags.string({
      char: 'i',
      helpValue: 'NAME',
      description: 'where a node has several',
    }),
    lab: Flags.string({ helpValue: 'NAME', description: 'where several labs are up' }),
  };

  override async run(): Promise<{ node: string; interface: string; to: string | null }> {
    const { args, flags } = await this.parse(LabMove);
    const { findRunning, moveRunning } = await import('../../src/lab/netns/attach.js');
    const link = args.link === 'none' ? null : args.link;
    const moved = await moveRunning(findRunning(flags.lab), args.node, link, flags.interface);
    const where = moved.to === null ? 'is unplugged' : `is in ${moved.to}`;
    this.log(`${moved.node} ${moved.interface} ${where}`);
    return moved;
  }
}
