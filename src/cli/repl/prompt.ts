/** What stands before the cursor: role and node that commands ask, and whether they are there. */
import type { Hello } from '../../control/api.js';
import type { Style } from '../style.js';
import type { KnownNode } from './known-nodes.js';

export interface Asked {
  readonly hello: Hello | undefined;
  readonly isUp: boolean;
  readonly path: string | undefined;
}

/** `mip6 mn laptop> `; in a lab the node, as `use` names it; `mip6> ` when there was no daemon yet. */
export function promptText(asked: Asked, nodes: readonly KnownNode[], style: Style): string {
  const { hello, isUp, path } = asked;
  if (!hello) return `${style.strong('mip6')}> `;
  const node = nodes.find((n) => n.path === path && n.lab !== undefined)?.name ?? hello.name;
  const names = node === hello.role ? node : `${hello.role} ${node}`;
  const gone = isUp ? '' : ` ${style.error('(gone)')}`;
  return `${style.strong(`mip6 ${names}`)}${gone}> `;
}
