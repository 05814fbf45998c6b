/** In which order, and in how many system calls, requests leave. */
import { describe, expect, it } from 'vitest';
import { prefix } from '../../src/base/address.js';
import { Outbox, type Sender } from '../../src/linux/netlink/outbox.js';
import { RtNetlink, type KernelRoute } from '../../src/linux/netlink/rtnetlink.js';
import { isRoot, namespace, removeNamespaces } from './netns.js';

describe('the outbox', () => {
  it('sends what was queued in one turn together, in order, when the turn is over', async () => {
    const { outbox, wire, socket } = bench();
    const a = socket('a');
    outbox.queue(a, message(1), () => {});
    outbox.queue(a, message(2), () => {});
    expect(wire).toEqual([]);
    await Promise.resolve();
    expect(wire).toEqual(['a 1 2']);
    outbox.queue(a, message(3), () => {});
    await Promise.resolve();
    expect(wire).toEqual(['a 1 2', 'a 3']);
    expect(outbox.sends).toBe(2);
  });

  it('keeps the order between sockets', async () => {
    const { outbox, wire, socket } = bench();
    const [a, b] = [socket('a'), socket('b')];
    for (const [i, s] of [a, a, b, a, b, b].entries()) outbox.queue(s, message(i), () => {});
    await Promise.resolve();
    expect(wire).toEqual(['a 0 1', 'b 2', 'a 3', 'b 4 5']);
  });

  it('sends at once when told to, and nothing twice', async () => {
    const { outbox, wire, socket } = bench();
    outbox.queue(socket('a'), message(1), () => {});
    outbox.flush();
    expect(wire).toEqual(['a 1']);
    outbox.flush();
    await Promise.resolve();
    expect(wire).toEqual(['a 1']);
  });

  it('a request made while others leave goes after them', async () => {
    const { outbox, wire, socket } = bench();
    const a = socket('a');
    outbox.queue(a, message(1), () => outbox.queue(a, message(3), () => {}));
    outbox.queue(socket('b'), message(2), () => {});
    await new Promise((resolve) => setImmediate(resolve));
    expect(wire).toEqual(['a 1', 'b 2', 'a 3']);
  });

  it('pads each message to four octets, as the kernel looks for the next one there', async () => {
    const sizes: number[] = [];
    const socket: Sender = { transmit: (octets) => (sizes.push(octets.length), 0) };
    const outbox = new Outbox();
    outbox.queue(socket, message(1, 17), () => {});
    outbox.queue(socket, message(2, 18), () => {});
    await Promise.resolve();
    expect(sizes).toEqual([40]);
  });

  it.each([
    ['messages', 1000, 20, 128],
    ['octets', 100, 1000, 32],
  ])('never puts too many %s into one call', async (_what, count, size, most) => {
    const { outbox, wire, socket } = bench();
    const a = socket('a');
    for (let i = 0; i < count; i++) outbox.queue(a, message(i, size), () => {});
    await Promise.resolve();
    const calls = wire.map((line) => line.split(' ').slice(1).map(Number));
    expect(calls.flat()).toEqual([...Array(count).keys()]);
    expect(Math.max(...calls.map((call) => call.length))).toBe(most);
  });

  it('tells each message of a call that failed', async () => {
    const outbox = new Outbox();
    const told: number[] = [];
    outbox.queue({ transmit: () => 105 }, message(1), (errno) => told.push(errno));
    outbox.queue({ transmit: () => 0 }, message(2), (errno) => told.push(errno));
    await Promise.resolve();
    expect(told).toEqual([105, 0]);
  });
});

describe.skipIf(!isRoot)('batches to the kernel', () => {
  it('thousands of routes in one turn: every answer comes, each its own', async () => {
    const ns = namespace('rt');
    const outbox = new Outbox();
    const requests = new RtNetlink(ns.path, outbox);
    const twin = new RtNetlink(ns.path, outbox);
    try {
      const routes = Array.from({ length: 5000 }, (_, i) => blackhole(i));
      const refused = blackhole(7); // the same again
      const results = await Promise.allSettled([
        ...routes.map((route) => requests.addRoute(route, 'exclusive')),
        requests.addRoute(refused, 'exclusive'),
      ]);
      expect(results.filter((r) => r.status === 'rejected')).toEqual([
        { status: 'rejected', reason: expect.objectContaining({ errno: 'EEXIST' }) },
      ]);
      expect(results.at(-1)!.status).toBe('rejected');
      expect(outbox.operations).toEqual({ route: 5001 });
      expect(outbox.sends).toBe(Math.ceil(5001 / 128));
      expect(await twin.routes(109)).toHaveLength(5000);
    } finally {
      requests.close();
      twin.close();
      removeNamespaces();
    }
  });

  it('one socket sees what another did before it in the same turn', async () => {
    const ns = namespace('rt');
    const outbox = new Outbox();
    const [a, b] = [new RtNetlink(ns.path, outbox), new RtNetlink(ns.path, outbox)];
    try {
      const route = blackhole(1);
      const work: Promise<void>[] = [];
      for (let i = 0; i < 50; i++) {
        work.push(a.addRoute(route, 'exclusive'), b.removeRoute(route));
      }
      await Promise.all(work);
      expect(outbox.sends).toBe(100);
      expect(await a.routes(109)).toEqual([]);
    } finally {
      a.close();
      b.close();
      removeNamespaces();
    }
  });

  it('a request made just before the end is done', async () => {
    const ns = namespace('rt');
    const requests = new RtNetlink(ns.path);
    try {
      requests.addRoute(blackhole(1), 'exclusive').catch(() => {}); // nobody hears the answer
      requests.close();
      expect(await ns.run('ip', '-6', 'route', 'show', 'table', '7001')).toMatch(/^blackhole/);
    } finally {
      removeNamespaces();
    }
  });
});

/** Sockets that write down what leaves them, one line a call. */
function bench() {
  const wire: string[] = [];
  const socket = (name: string): Sender => ({
    transmit(octets) {
      const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
      let line = name;
      for (let at = 0; at < octets.length; at += (view.getUint32(at, true) + 3) & ~3) {
        line += ` ${view.getUint32(at + 4, true)}`;
      }
      wire.push(line);
      return 0;
    },
  });
  return { outbox: new Outbox(), wire, socket };
}

/** Its length, and a number to know it by. */
function message(label: number, length = 16): Uint8Array {
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, length, true);
  view.setUint32(4, label, true);
  return octets;
}

function blackhole(i: number): KernelRoute {
  return {
    type: 'blackhole',
    table: 7001,
    protocol: 109,
    destination: prefix(`2001:db8:a::${(i + 1).toString(16)}/128`),
    index: 0,
    via: undefined,
    preferredSource: undefined,
    metric: 64,
  };
}
