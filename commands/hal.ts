import { ControlCommand } from '../src/cli/control-command.js';
import { homeAgentsText } from '../src/cli/render/home-agents.js';
import type { Result } from '../src/control/api.js';

export default class Hal extends ControlCommand {
  static override summary = 'list the home agents';
  static override description =
    'Of a home agent: its Home Agents List, what it has heard on its home links and names to mobile nodes (RFC 6275 §10.1). Of a mobile node: the home agents that it knows, in the order in which they are tried, and which one serves (RFC 6275 §11.4.1).';
  static override examples = [
    '<%= config.bin %> hal',
    `<%= config.bin %> hal --json | jq -r '.homes[].agents[] | select(.state == "current") | .address'`,
  ];

  override async run(): Promise<Result<'agents.list'>> {
    const { flags } = await this.parse(Hal);
    const control = await this.control(flags);
    const result = await control.call('agents.list', {});
    this.log(await homeAgentsText(result, this.style));
    return result;
  }
}
