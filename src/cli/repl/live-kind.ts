/** Which values of here and now an argument or flag takes: one row each. */

export type LiveKind =
  | 'node' // names for "use"
  | 'daemon' // sockets in /run/mip6
  | 'link' // interfaces, of the daemon and of this host
  | 'target' // where a handover can go
  | 'bul' // home addresses in the Binding Update List
  | 'bc' // home addresses in the Binding Cache
  | 'lab' // labs that come with the program
  | 'labUp' // labs that are up
  | 'labNode'
  | 'labLink'
  | 'file';

/** `command`: its words; `name`: of the argument or flag; `helpValue`: what stands for a flag's value in help. */
export function liveKind(
  command: readonly string[],
  name: string,
  helpValue: string | undefined,
): LiveKind | undefined {
  const id = command.join(' ');
  const row = ROWS.find((r) => r.name === name && (r.command === undefined || r.command.test(id)));
  if (row) return row.kind;
  return helpValue !== undefined && FILES.test(helpValue) ? 'file' : undefined;
}

/** The first that fits counts. */
const ROWS: readonly { command?: RegExp; name: string; kind: LiveKind }[] = [
  { command: /^handover$/, name: 'target', kind: 'target' },
  { command: /^(bul\b|mps$)/, name: 'address', kind: 'bul' },
  { command: /^bc\b/, name: 'address', kind: 'bc' },
  { command: /^lab (run|up)$/, name: 'lab', kind: 'lab' },
  { name: 'lab', kind: 'labUp' },
  { command: /^lab /, name: 'node', kind: 'labNode' },
  { command: /^lab move$/, name: 'link', kind: 'labLink' },
  { name: 'interface', kind: 'link' },
  { name: 'name', kind: 'daemon' },
  { name: 'file', kind: 'file' },
  { command: /^(decode|encode)$/, name: 'input', kind: 'file' },
];
const FILES = /^(FILE|PATH|DIR)$/;
