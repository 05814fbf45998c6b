import * as Flags from '@oclif/core/flags';
import { ControlCommand } from '../src/cli/control-command.js';
import { eventText } from '../src/cli/render/event.js';
import { SEVERITIES, type EventNotice } from '../src/control/api.js';

export default class Watch extends ControlCommand {
  static override summary = 'show events as they happen';
  static override description =
    'Runs until interrupted. With --json each event is one line; a line with "dropped" says how many were left out because nobody read them in time.';
  static override examples = [
    '<%= config.bin %> watch --last 20',
    `<%= config.bin %> watch --minimum debug --json | jq -r 'select(.code == "BU_SENT") | .at'`,
  ];
  static override flags = {
    minimum: Flags.option({
      options: SEVERITIES,
      char: 'm',
      default: 'info',
      description: 'least severity',
    })(),
    last: Flags.integer({
      char: 'l',
      min: 0,
      max: 1000,
      default: 0,
      helpValue: 'N',
      description: 'begin with the last N events',
    }),
    count: Flags.integer({ min: 1, helpValue: 'N', description: 'end after N events' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Watch);
    const control = await this.control(flags);
    const stop = () => control.close();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    this.whenReaderLeaves(stop);
    try {
      let left = flags.count ?? Infinity;
      if (flags.last > 0) {
        const { events } = await control.call('events', {});
        const rank = SEVERITIES.indexOf(flags.minimum);
        const past = events
          .filter((e) => SEVERITIES.indexOf(e.severity) >= rank)
          .slice(-flags.last);
        for (const event of past) {
          this.#show(event);
          if (--left === 0) return;
        }
      }
      for await (const item of control.subscribe({ minimum: flags.minimum })) {
        if (item.kind === 'dropped') this.#dropped(item.count);
        else {
          this.#show(item.event);
          if (--left === 0) return;
        }
      }
    } finally {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    }
  }

  protected override reportJson(json: unknown): void {
    this.logJsonLine(json);
  }

  #show(event: EventNotice): void {
    if (this.jsonEnabled()) this.logJsonLine(event);
    else this.log(eventText(event, this.style));
  }

  #dropped(count: number): void {
    if (this.jsonEnabled()) this.logJsonLine({ dropped: count });
    else this.log(this.style.warning(`… ${count} events left out`));
  }
}
