import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { BindingVerdict } from '../core/view.js';
import { ControlCommand } from './control-command.js';

/** A command about one registration of a running mobile node. */
export abstract class BindingCommand extends ControlCommand {
  static override args = {
    address: Args.string({ description: 'home address; needed when there are several' }),
  };
  static override flags = {
    'dry-run': Flags.boolean({ description: 'say what would follow; nothing is sent' }),
  };

  /** Says what follows, or would, and how it is undone. */
  protected tell(verdict: BindingVerdict, dryRun: boolean, undo: string | null): BindingVerdict {
    const { accepted, homeAddress, reason } = verdict;
    if (!accepted) {
      process.exitCode = 1;
      this.log(this.style.error(`Refused: ${reason}`));
      return verdict;
    }
    this.log(`${dryRun ? 'Would do: ' : ''}${this.style.good(`${homeAddress}: ${reason}`)}`);
    if (undo !== null) this.log(this.style.dim(`Undo: ${undo}`));
    return verdict;
  }
}
