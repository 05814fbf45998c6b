/** UDP ports of the kernel's own, in a kernel that has them. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ipv4 } from '../../src/base/address.js';
import { FouPorts, type FouPort } from '../../src/linux/netlink/fou.js';
import { namespace, removeNamespaces, type Namespace } from '../linux/netns.js';

let ns: Namespace;
let ports: FouPorts;

beforeEach(async () => {
  ns = namespace('fou');
  ports = await FouPorts.open(ns.path);
});
afterEach(() => {
  ports.close();
  removeNamespaces();
});

it.each<[FouPort, RegExp]>([
  [{ port: 4191, family: 4, kind: 'gue' }, /^port 4191 gue *$/m],
  [{ port: 4191, family: 6, kind: 'gue' }, /^port 4191 gue -6 *$/m],
  [{ port: 4192, family: 4, kind: 'fou', protocol: 41 }, /^port 4192 ipproto 41 *$/m],
  [
    { port: 4193, family: 4, kind: 'fou', protocol: 4, local: ipv4('127.0.0.1') },
    /^port 4193 ipproto 4 local 127.0.0.1 *$/m,
  ],
])('opens, lists and closes %o', async (port, shown) => {
  await ports.add(port);
  expect(await ns.run('ip', 'fou', 'show')).toMatch(shown);
  expect(await ports.list()).toEqual([port]);
  await ports.remove(port);
  expect(await ports.list()).toEqual([]);
  await expect(ports.remove(port)).rejects.toMatchObject({ errno: 'EINVAL' });
});

it('a port that is taken is refused, and the way out is named', async () => {
  const port: FouPort = { port: 4191, family: 4, kind: 'gue' };
  await ports.add(port);
  await expect(ports.add(port)).rejects.toThrow(/open FOU port 4191: EADDRINUSE.*ip fou show/);
});
