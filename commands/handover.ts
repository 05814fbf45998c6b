import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { UsageError } from '../src/base/error.js';
import { chooseTarget } from '../src/cli/choose-target.js';
import { ControlCommand } from '../src/cli/control-command.js';
import { readTarget } from '../src/cli/handover-target.js';
import { choiceText } from '../src/cli/render/choice.js';
import type { DaemonFlags } from '../src/cli/socket-path.js';
import type { Result } from '../src/control/api.js';

export default class Handover extends ControlCommand {
  static override summary = 'force a handover, or say what would be chosen and why';
  static override description = `TARGET is the name of an interface, "ipv6" or "ipv4", a care-of address that the node has, "home", or "auto", which gives the choice back to the node. The exit code is 1 when the node cannot go there.

With --dry-run nothing moves: every candidate is shown with its verdict and the reason, for TARGET, or for the choice as it stands.`;
  static override examples = [
    '<%= config.bin %> handover eth1',
    '<%= config.bin %> handover ipv4 --json',
    '<%= config.bin %> handover --dry-run',
    `<%= config.bin %> handover eth1 --dry-run --json | jq -r '.choices[].candidates[] | "\\(.address) \\(.why)"'`,
  ];
  static override args = {
    target: Args.string({
      description: 'where to: INTERFACE, ipv6, ipv4, home, auto or an address',
    }),
  };

  static override flags = {
    'dry-run': Flags.boolean({ description: 'explain what would be chosen; nothing moves' }),
  };

  override async run(): Promise<Result<'handover'> | Result<'handover.plan'>> {
    const { args, flags } = await this.parse(Handover);
    if (flags['dry-run']) return this.#plan(args.target, flags);
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

  async #plan(target: string | undefined, flags: DaemonFlags): Promise<Result<'handover.plan'>> {
    const control = await this.control(flags);
    const params = target === undefined ? {} : { target: readTarget(target) };
    const plan = await control.call('handover.plan', params);
    if (!plan.accepted) process.exitCode = 1;
    const texts = await Promise.all(plan.choices.map((choice) => choiceText(choice, this.style)));
    const refusal = plan.accepted ? [] : [this.style.error(sentence(plan))];
    this.log([...refusal, ...texts].join('\n\n'));
    return plan;
  }
}

function sentence({ accepted, reason, careOf }: Result<'handover'>): string {
  if (!accepted) return `Refused: ${reason}`;
  return careOf === null ? `Accepted: ${reason}` : `Accepted, care-of address ${careOf}: ${reason}`;
}
