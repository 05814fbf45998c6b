import * as Args from '@oclif/core/args';
import { UsageError } from '../src/base/error.js';
import { chooseTarget } from '../src/cli/choose-target.js';
import { ControlCommand } from '../src/cli/control-command.js';
import { readTarget } from '../src/cli/handover-target.js';
import type { Result } from '../src/control/api.js';

export default class Handover extends ControlCommand {
  static override summary = 'force a handover';
  static override description = `TARGET is the name of an interface, "ipv6" or "ipv4", a care-of address that the node has, "home", or "auto", which gives the choice back to the node. The exit code is 1 when the node cannot go there.`;
  static override examples = [
    '<%= config.bin %> handover eth1',
    '<%= config.bin %> handover ipv4 --json',
  ];
  static override args = {
    target: Args.string({
      description: 'where to: INTERFACE, ipv6, ipv4, home, auto or an address',
    }),
  };

  override async run(): Promise<Result<'handover'>> {
    const { args, flags } = await this.parse(Handover);
    const interactive = process.stdin.isTTY && process.stdout.isTTY && !this.jsonEnabled();
    if (args.target === undefined && !interactive) {
      throw new UsageError(
        'USAGE',
        'Where to?',
        'Name an interface, ipv6, ipv4, home, auto or an address.',
      );
    }
    const control = await this.control(flags);
    const target =
      args.target === undefined
        ? await chooseTarget(await control.call('status', {}))
        : readTarget(args.target);
    const answer = await control.call('handover', { target });
    if (!answer.accepted) process.exitCode = 1;
    this.log(
      answer.accepted ? this.style.good(sentence(answer)) : this.style.error(sentence(answer)),
    );
    return answer;
  }
}

function sentence({ accepted, reason, careOf }: Result<'handover'>): string {
  if (!accepted) return `Refused: ${reason}`;
  return careOf === null ? `Accepted: ${reason}` : `Accepted, care-of address ${careOf}: ${reason}`;
}
