import * as Args from '@oclif/core/args';
import { BaseCommand } from '../src/cli/base-command.js';
import type { Explanation, Meaning } from '../src/diagnostics/explain.js';

export default class Explain extends BaseCommand {
  static override summary = 'say what a word or number of Mobile IPv6 means';
  static override description =
    'Any message, option, flag letter, status, event or error code: what it means, who sends it, what to do, and the clause. A word or number that means several things gets them all. The exit code is 1 when nobody knows it.';
  static override examples = [
    '<%= config.bin %> explain 135',
    '<%= config.bin %> explain NAT-DETECTION',
    `<%= config.bin %> explain K --json | jq -r '.meanings[].what'`,
  ];
  static override strict = false;
  static override args = {
    word: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'a word, several, a flag letter or a number',
    }),
  };

  override async run(): Promise<Explanation> {
    const { argv } = await this.parse(Explain);
    const { explain, explanationText } = await import('../src/diagnostics/explain.js');
    const { EXIT, EXIT_BY_CODE, EXIT_CODES } = await import('../src/cli/exit-codes.js');
    const named = Object.entries(EXIT_BY_CODE).map(([code, exit]): Meaning => ({
      kind: 'error',
      name: code,
      what: `error code, exit code ${EXIT[exit]}`,
      meaning: `${EXIT_CODES[exit].charAt(0).toUpperCase()}${EXIT_CODES[exit].slice(1)}.`,
      clause: 'ours',
    }));
    const word = (argv as string[]).join(' ');
    const known = explain(word);
    const found = known.meanings.length > 0 || known.near.length > 0 ? known : explain(word, named);
    if (found.meanings.length > 0) {
      this.log(explanationText(found, this.style));
      return found;
    }
    process.exitCode = EXIT.no;
    if (!this.jsonEnabled()) {
      const list = found.near.map((name) => `"${name}"`).join(', ');
      const hint = found.near.length > 0 ? ` Near it: ${list}.` : '';
      process.stderr.write(`${this.config.bin}: nobody knows "${word}".${hint}\n`);
    }
    return found;
  }
}
