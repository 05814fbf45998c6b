import { ControlCommand } from '../src/cli/control-command.js';
import { prefixTables } from '../src/cli/render/prefixes.js';
import type { Result } from '../src/control/api.js';

export default class Prefixes extends ControlCommand {
  static override summary = 'show home and visited prefixes with their lifetimes';
  static override description =
    'Of a mobile node: the prefixes of its home networks with its home address in each, the preferred ones first, and what the routers of visited links advertise. Of a home agent: the home prefixes that it serves and tells mobile nodes of (RFC 6275 §10.6.1).';
  static override examples = [
    '<%= config.bin %> prefixes',
    `<%= config.bin %> prefixes --json | jq -r '.home[] | "\\(.prefix) \\(.preferredIn)"'`,
  ];

  override async run(): Promise<Result<'prefixes'>> {
    const { flags } = await this.parse(Prefixes);
    const control = await this.control(flags);
    const prefixes = await control.call('prefixes', {});
    this.log(await prefixTables(prefixes, this.style));
    return prefixes;
  }
}
