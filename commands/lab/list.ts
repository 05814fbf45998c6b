import { BaseCommand } from '../../src/cli/base-command.js';
import { table } from '../../src/cli/render/table.js';
import type { WorldSummary } from '../../src/lab/worlds.js';

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

interface Listed {
  readonly labs: readonly LabSummary[];
  readonly worlds: readonly WorldSummary[];
  readonly up: readonly UpSummary[];
}

export default class LabList extends BaseCommand {
  static override summary =
    'list the labs that come with the program, the worlds they can be played in, and those that are up';
  static override examples = [
    '<%= config.bin %> lab list',
    `<%= config.bin %> lab list --json | jq -r '.worlds[] | select(.here) | .world'`,
  ];

  override async run(): Promise<Listed> {
    await this.parse(LabList);
    const { labNames, loadLab } = await import('../../src/lab/library.js');
    const { describeMove } = await import('../../src/lab/script.js');
    const { worldsHere } = await import('../../src/lab/worlds.js');
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
    const worlds = await worldsHere();
    if (!this.jsonEnabled()) {
      const columns = [
        { head: 'LAB', cell: (l: LabSummary) => l.name },
        { head: 'WHAT', cell: (l: LabSummary) => l.title },
        { head: 'MOVES', cell: (l: LabSummary) => String(l.moves.length) },
      ];
      this.log(await table(columns, labs, this.style));
      const worldColumns = [
        { head: 'WORLD', cell: (w: WorldSummary) => w.world },
        { head: 'HERE', cell: (w: WorldSummary) => (w.here ? 'yes' : 'no') },
        { head: 'WHAT', cell: (w: WorldSummary) => [w.what, w.way].filter(Boolean).join(': ') },
      ];
      this.log(`\n${await table(worldColumns, worlds, this.style)}`);
      for (const u of up) {
        const state = u.running ? 'is up' : 'was left behind: "mip6 lab down" removes it';
        this.log(`${u.lab} (${u.id}) ${state}`);
      }
    }
    return { labs, worlds, up };
  }
}
