/** `use NODE`: which daemon commands ask. */
import { pairs } from '../../render/pairs.js';
import { expanded, type Builtin } from './builtin.js';

const USAGE = 'use [NODE]';

export const use: Builtin = {
  usage: USAGE,
  summary:
    'ask another daemon from now on: its name, a node of a lab, a socket; alone: the choices',
  async run(session, call) {
    const [name] = expanded(session, call, USAGE, 0, 1);
    if (name === undefined) {
      const nodes = session.daemons.nodes();
      const inUse = session.daemons.current.path;
      const rows = nodes.map(
        (n) => [n.name, `${n.path}${n.path === inUse ? '  in use' : ''}`] as const,
      );
      const value = nodes.map((n) => ({ name: n.name, path: n.path, inUse: n.path === inUse }));
      return { text: pairs(rows, session.style) || 'No daemon and no lab runs here.', value };
    }
    const { hello, path } = await session.daemons.use(name);
    return { value: { name: hello.name, role: hello.role, path } };
  },
};
