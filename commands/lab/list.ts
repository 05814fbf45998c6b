import { BaseCommand } from '../../src/cli/base-command.js';
import { table } from '../../src/cli/render/table.js';

interface LabSummary {
  readonly name: string;
  readonly title: string;
  readonly links: readonly string[];
  readonly nodes: readonly { readonly name: string; readonly role: string }[];
  readonly moves: readonly string[];
}
interface UpSummary {
  readonly lab: string;
  readonly id: string;
  readonly pid: number;
  readonly running: boolean;
}

export default class LabList extends BaseCommand {
  static override summary = 'list the labs that come with the program, and those that are up';
  static override examples = ['<%= config.bin %> lab list'];

  override async run(): Promise<{ labs: readonly LabSummary[]; up: readonly UpSummary[] }> {
    await this.parse(LabList);
    const { labNames, loadLab } = await import('../../src/lab/library.js');
    const { describeMove } = await import('../../src/lab/model.js');
    const { knownLabs } = await import('../../src/lab/netns/state.js');
    const labs = labNames().map((name): LabSummary => {
      const { lab } = loadLab(name);
      return {
        name,
        title: lab.title,
        links: lab.links.map((l) => l.name),
        nodes: lab.nodes.map((n) => ({ name: n.name, role: n.role })),
        moves: lab.moves.map(describeMove),
      };
    });
    const up = knownLabs().map(({ state, running }): UpSummary => {
      return { lab: state.lab, id: state.id, pid: state.pid, running };
    });
    if (!this.jsonEnabled()) {
      const columns = [
        { head: 'LAB', cell: (l: LabSummary) => l.name },
        { head: 'WHAT', cell: (l: LabSummary) => l.title },
        { head: 'MOVES', cell: (l: LabSummary) => String(l.moves.length) },
      ];
      this.log(await table(columns, labs, this.style));
      for (const u of up) {
        const state = u.running ? 'is up' : 'was left behind: "mip6 lab down" removes it';
        this.log(`${u.lab} (${u.id}) ${state}`);
      }
    }
    return { labs, up };
  }
}
