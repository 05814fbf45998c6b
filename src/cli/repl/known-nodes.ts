/** Daemons that can be used by name: the sockets in /run/mip6, and the nodes of labs that are up. */
import { resolve } from 'node:path';
import { UsageError } from '../../base/error.js';
import { didYouMean } from '../../daemon/config/suggest.js';
import { knownLabs, labFolder } from '../../lab/netns/state.js';
import { SOCKET_DIRECTORY, socketNames, socketOfName } from '../socket-path.js';

export interface KnownNode {
  /** As short as it can be: `mn`, `roam/mn`, `34a0/mn`. */
  readonly name: string;
  /** All names that mean it, where they mean nothing else. */
  readonly names: readonly string[];
  readonly path: string;
  /** The lab that it belongs to. */
  readonly lab: string | undefined;
}

export function knownNodes(directory = SOCKET_DIRECTORY, labs = labFolder()): readonly KnownNode[] {
  const found = [
    ...socketNames(directory).map((name) => ({
      names: [name],
      path: socketOfName(name, directory),
      lab: undefined,
    })),
    ...knownLabs(labs)
      .filter((known) => known.running)
      .flatMap(({ state }) =>
        state.daemons.map(({ node, socket }) => ({
          names: [node, `${state.lab}/${node}`, `${state.id}/${node}`],
          path: socket,
          lab: state.lab,
        })),
      ),
  ];
  const uses = new Map<string, number>();
  for (const name of found.flatMap((f) => f.names)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return found.map((f) => {
    // A daemon of this host keeps its name; a node of a lab gives way.
    const names = f.names.filter((name) => f.lab === undefined || uses.get(name) === 1);
    return { ...f, names, name: names[0] ?? f.path };
  });
}

/** By name, or by the path of a socket. Throws `UsageError` `REPL_NODE` naming the choices. */
export function findNode(wanted: string, nodes: readonly KnownNode[]): KnownNode {
  const found = nodes.find((node) => node.names.includes(wanted));
  if (found) return found;
  if (wanted.startsWith('/') || wanted.startsWith('.')) {
    const path = resolve(wanted);
    const known = nodes.find((node) => node.path === path);
    return known ?? { name: wanted, names: [wanted], path, lab: undefined };
  }
  const names = nodes.map((node) => node.name);
  const alike = names.filter((name) => name.endsWith(`/${wanted}`));
  if (alike.length > 0)
    throw new UsageError('REPL_NODE', `Several nodes are ${wanted}.`, `Say ${alike.join(' or ')}.`);
  const there =
    names.length === 0
      ? 'No daemon and no lab runs here; the path of a socket will do too.'
      : `There are ${names.join(', ')}.`;
  const hint = didYouMean(
    wanted,
    nodes.flatMap((node) => node.names),
  );
  throw new UsageError('REPL_NODE', `There is no node ${wanted}.`, `${there} ${hint}`.trimEnd());
}
