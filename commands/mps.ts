import * as Flags from '@oclif/core/flags';
import { BindingCommand } from '../src/cli/binding-command.js';
import { prefixTables } from '../src/cli/render/prefixes.js';
import type { Control } from '../src/control/lease.js';
import type { Result } from '../src/control/api.js';
import type { EventCode } from '../src/core/event.js';

interface Answer extends Result<'prefixes'> {
  readonly asked: Result<'mps'>;
  readonly answered: boolean;
}

export default class Mps extends BindingCommand {
  static override summary = 'ask the home agent for the home prefixes';
  static override description = `Sends a Mobile Prefix Solicitation (RFC 6275 §11.4.2), waits for the advertisement that answers it, and shows the home prefixes. The exit code is 1 when the node is not bound, or nobody answers.`;
  static override examples = [
    '<%= config.bin %> mps',
    `<%= config.bin %> mps --json | jq -r '.home[].prefix'`,
  ];
  static override args = BindingCommand.args;
  static override flags = {
    ...BindingCommand.flags,
    wait: Flags.integer({
      char: 'w',
      min: 1,
      max: 60,
      default: 10,
      helpValue: 'SECONDS',
      description: 'how long the answer is waited for',
    }),
  };

  override async run(): Promise<Answer> {
    const { args, flags } = await this.parse(Mps);
    const control = await this.control(flags);
    const { 'dry-run': dryRun, wait } = flags;
    const events = control.subscribe({ minimum: 'info' });
    // Listening comes first: the answer may be quicker than ours.
    const first = dryRun ? undefined : events.next();
    first?.catch(() => undefined); // awaited below, unless nothing is to be waited for
    const asked = await control.call('mps', { homeAddress: args.address, dryRun });
    this.tell(asked, dryRun, null);
    const none = { asked, answered: false, home: [], visited: [] };
    if (!asked.accepted || !first) return none;
    const spinner = await this.progress(`waiting for ${asked.homeAgent}`);
    const answered = await settled(events, first, asked.homeAddress!, wait * 1000).finally(() =>
      spinner.stop(),
    );
    if (!answered) {
      process.exitCode = 1;
      this.log(this.style.error(`${asked.homeAgent} has not answered within ${wait} s.`));
      return none;
    }
    const prefixes = await control.call('prefixes', {});
    this.log(await prefixTables(prefixes, this.style));
    return { asked, answered, ...prefixes };
  }
}

type Events = ReturnType<Control['subscribe']>;

async function settled(
  events: Events,
  first: ReturnType<Events['next']>,
  homeAddress: string,
  patience: number,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((done) => (timer = setTimeout(() => done('late'), patience)));
  try {
    for (let next = first; ; next = events.next()) {
      const got = await Promise.race([next, late]);
      if (got === 'late' || got.done) return false;
      const item = got.value;
      if (item.kind !== 'event' || item.event.fields['homeAddress'] !== homeAddress) continue;
      if (item.event.code === LEARNT) return true;
      if (item.event.code === UNANSWERED) return false;
    }
  } finally {
    clearTimeout(timer);
  }
}

const LEARNT: EventCode = 'PREFIXES_LEARNT';
const UNANSWERED: EventCode = 'PREFIXES_UNANSWERED';
