/** The addon takes any misuse as an exception, and the event loop survives what sockets do. */
import { connect, createServer } from 'node:net';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { ipv4 } from '../../src/base/address.js';
import { native, NONE, RECEIVE, SEND, type NativeHandle } from '../../src/linux/native.js';
import { AF_INET, AF_UNIX, ipSocketAddress, SOCK_DGRAM } from '../../src/linux/sockaddr.js';
import { eventually, isRoot, namespace, removeNamespaces } from './netns.js';

const LOCAL = ipv4('127.0.0.1');

describe('arguments', () => {
  const odd: unknown[] = [
    undefined,
    null,
    -1,
    1.5,
    NaN,
    2 ** 40,
    '',
    'x',
    'a\0b',
    'n'.repeat(5000),
    {},
    [],
    () => {},
    Symbol('s'),
    10n,
    new Uint8Array(0),
    new Uint8Array(3),
    new Uint32Array(2),
    new Float64Array(1),
    new DataView(new ArrayBuffer(8)),
    new ArrayBuffer(8),
    new Proxy({}, {}),
  ];

  it('of every wrong type and size throw, whatever the call', () => {
    const udp = datagram();
    const calls: [object, string, number][] = [
      ...['openTun', 'linkIndex', 'linkName', 'inNamespace', 'peerCredentials'].map(
        (name): [object, string, number] => [native(), name, 3],
      ),
      ...[
        'bind',
        'connect',
        'setOption',
        'getOption',
        'filter',
        'receive',
        'send',
        'read',
        'write',
      ].map((name): [object, string, number] => [udp, name, 5]),
    ];
    let thrown = 0;
    let seed = 1;
    const pick = (): unknown => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return odd[seed % odd.length];
    };
    for (const [target, name, most] of calls) {
      const call = (target as Record<string, (...a: unknown[]) => unknown>)[name]!;
      for (let n = 0; n < 300; n++) {
        const given = Array.from({ length: n % (most + 1) }, pick);
        try {
          call.apply(target, given);
        } catch {
          thrown++;
        }
      }
    }
    expect(thrown).toBeGreaterThan(calls.length * 250);
    udp.close();
  });

  it('that point outside their buffers throw', () => {
    const udp = datagram();
    const table = new Uint32Array(RECEIVE.words);
    expect(() => udp.receive(new Uint8Array(100), 64, 0, table, 2)).toThrow(/do not fit/);
    expect(() => udp.receive(new Uint8Array(100), 64, 64, table, 1)).toThrow(/do not fit/);
    expect(() => udp.receive(new Uint8Array(100), 2 ** 32 - 1, 0, table, 64)).toThrow(/do not fit/);
    expect(() => udp.receive(new Uint8Array(1e5), 64, 0, new Uint32Array(2 ** 12), 65)).toThrow(
      /do not fit/,
    );
    const row = new Uint32Array(SEND.words);
    row[SEND.offset] = 2 ** 32 - 1;
    row[SEND.length] = 2;
    expect(() => udp.send(new Uint8Array(100), row, 0, 1)).toThrow(/outside/);
    expect(() => udp.send(new Uint8Array(100), row, 2 ** 32 - 1, 1)).toThrow(/table/);
    row[SEND.offset] = 0;
    row[SEND.nameLength] = 33;
    expect(() => udp.send(new Uint8Array(100), row, 0, 1)).toThrow(/malformed/);
    expect(() => udp.write(new Uint8Array(4), Uint32Array.of(2, 3), 1)).toThrow(/outside/);
    udp.close();
  });

  it('whose buffer was transferred away throw', () => {
    const udp = datagram();
    const buffer = new Uint8Array(2048);
    structuredClone(buffer, { transfer: [buffer.buffer] });
    expect(() => udp.receive(buffer, 2048, 0, new Uint32Array(RECEIVE.words), 1)).toThrow(/fit/);
    udp.close();
  });

  it('of another object as `this` throw, and so does a closed handle', () => {
    const udp = datagram();
    const { receive } = udp;
    const strangers: unknown[] = [
      {},
      null,
      7,
      Object.create(udp),
      new (udp.constructor as new () => object)(),
    ];
    for (const stranger of strangers)
      expect(() => Reflect.apply(receive, stranger, [])).toThrow(TypeError);
    udp.close();
    expect(() => udp.close()).toThrow(expect.objectContaining({ code: 'HANDLE_CLOSED' }));
    expect(() => udp.fd).toThrow(expect.objectContaining({ code: 'HANDLE_CLOSED' }));
  });

  it('of a system call that fails give its name and errno', () => {
    expect(() => native().openSocket('/nowhere', AF_INET, SOCK_DGRAM, 0)).toThrow(
      expect.objectContaining({ code: 'ENOENT', errno: 2, syscall: 'open network namespace' }),
    );
    expect(() => native().openSocket(null, 99, 1, 0)).toThrow(
      expect.objectContaining({ code: 'EAFNOSUPPORT' }),
    );
  });
});

describe('batches', () => {
  it('arrive whole, in order, with sender, destination and traffic class, after the headroom', async () => {
    const [a, b] = [datagram(), datagram()];
    b.setOption(0, 8, 1); // IP_PKTINFO
    b.setOption(0, 13, 1); // IP_RECVTOS
    const buffer = Uint8Array.from({ length: 640 }, (_, i) => i >> 6);
    const rows = new Uint32Array(10 * SEND.words);
    const octets = new Uint8Array(rows.buffer);
    for (let i = 0; i < 10; i++) {
      const row = i * SEND.words;
      rows.set([64 * i, 60 + (i & 1), 0, i << 2, 0, 4, 16], row);
      octets.set(b.address(), 4 * (row + SEND.name));
      octets.set([127, 0, 0, 1], 4 * (row + SEND.source));
    }
    expect(a.send(buffer, rows, 0, 10)).toBe(10);
    const ring = new Uint8Array(16 * 128);
    const table = new Uint32Array(16 * RECEIVE.words);
    await eventually(() => b.receive(ring, 128, 40, table, 16) === 10, 'ten datagrams', 200);
    for (let i = 0; i < 10; i++) {
      const row = table.subarray(i * RECEIVE.words, (i + 1) * RECEIVE.words);
      expect(row[RECEIVE.length]).toBe(60 + (i & 1));
      expect(row[RECEIVE.trafficClass]).toBe(i << 2);
      expect(row[RECEIVE.hopLimit]).toBe(NONE);
      expect([...new Uint8Array(row.slice(RECEIVE.destination).buffer, 0, 4)]).toEqual([
        127, 0, 0, 1,
      ]);
      expect(ring[128 * i + 39]).toBe(0);
      expect(ring[128 * i + 40]).toBe(i);
    }
    expect(b.receive(ring, 128, 40, table, 16)).toBe(0);
    a.close();
    b.close();
  });

  it('UDP_SEGMENT cuts one large send into datagrams', async () => {
    const [a, b] = [datagram(), datagram()];
    a.connect(b.address());
    const row = new Uint32Array(SEND.words);
    row.set([0, 3000, 0, NONE, 1000]);
    expect(a.send(new Uint8Array(3000), row, 0, 1)).toBe(1);
    const table = new Uint32Array(4 * RECEIVE.words);
    await eventually(
      () => b.receive(new Uint8Array(4 * 2048), 2048, 0, table, 4) === 3,
      'three',
      200,
    );
    a.close();
    b.close();
  });
});

describe('polling', () => {
  it('reports a pending socket error and goes on', async () => {
    const [a, gone, b] = [datagram(), datagram(), datagram()];
    const there = gone.address();
    gone.close();
    a.connect(there);
    const called: number[] = [];
    a.poll((errno) => called.push(errno));
    sendOne(a);
    await eventually(() => called.includes(111), 'ECONNREFUSED');
    a.connect(b.address());
    b.connect(a.address());
    sendOne(b);
    await eventually(() => called.at(-1) === 0, 'readable again');
    a.close();
    b.close();
  });

  it('may be stopped, started and closed from its own callback', async () => {
    const [a, b] = [datagram(), datagram()];
    b.connect(a.address());
    let calls = 0;
    a.poll(() => {
      calls++;
      a.poll(null);
      a.poll(() => {
        calls++;
        a.close();
      });
    });
    sendOne(b);
    await eventually(() => calls === 2, 'both callbacks');
    b.close();
  });

  it('an exception in the callback is an uncaught exception, not a crash', () => {
    const script = `
      const m = require(${JSON.stringify(join(process.cwd(), 'native/build/mipio.node'))});
      const a = m.openSocket(null, 2, 2, 0), b = m.openSocket(null, 2, 2, 0);
      a.bind(Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
      b.connect(a.address());
      const row = new Uint32Array(20); row[1] = 1; row[3] = 0xffffffff;
      process.on('uncaughtException', (e) => { console.log('caught', e.message); a.close(); });
      a.poll(() => { throw new Error('from the callback'); });
      b.send(new Uint8Array(1), row, 0, 1);
    `;
    const run = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect([run.stdout, run.status]).toEqual(['caught from the callback\n', 0]);
  });

  it('ends with its worker thread, handles open and polling', async () => {
    const script = `
      const m = require(${JSON.stringify(join(process.cwd(), 'native/build/mipio.node'))});
      globalThis.kept = [1, 2, 3].map(() => {
        const h = m.openSocket(null, 2, 2, 0);
        h.poll(() => {});
        return h;
      });
      require('node:worker_threads').parentPort.postMessage('open');
    `;
    for (let n = 0; n < 5; n++) {
      const worker = new Worker(script, { eval: true });
      await new Promise((resolve) => worker.once('message', resolve));
      expect(await worker.terminate()).toBe(1);
    }
  });

  it('a collected handle is closed', () => {
    const script = `
      const m = require(${JSON.stringify(join(process.cwd(), 'native/build/mipio.node'))});
      const open = () => require('node:fs').readdirSync('/proc/self/fd').length;
      const before = open();
      for (let i = 0; i < 100; i++) m.openSocket(null, 2, 2, 0);
      setTimeout(() => { global.gc(); setTimeout(() => console.log(open() - before), 50); }, 10);
    `;
    const run = spawnSync(process.execPath, ['--expose-gc', '-e', script], { encoding: 'utf8' });
    expect(Number(run.stdout)).toBeLessThan(5);
  });
});

it('names who is at the other end of a Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-native-'));
  const path = join(folder, 's');
  const server = createServer().listen(path);
  const accepted = new Promise<{ _handle: { fd: number } }>((resolve) =>
    server.once('connection', (socket) =>
      resolve(socket as unknown as { _handle: { fd: number } }),
    ),
  );
  const client = connect(path);
  const { _handle } = await accepted;
  expect(native().peerCredentials(_handle.fd)).toEqual({
    pid: process.pid,
    uid: process.getuid!(),
    gid: process.getgid!(),
  });
  expect(() => native().peerCredentials(-1)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

it('opens any family', () => {
  const unix = native().openSocket(null, AF_UNIX, SOCK_DGRAM, 0);
  expect(unix.address()).toHaveLength(2);
  unix.close();
});

describe.skipIf(!isRoot)('namespaces', () => {
  it('hold what is done in them, and the process comes back, also from an exception', () => {
    const ns = namespace('n');
    ns.setUp('ip link add only-here type bridge');
    const here = native().linkIndex(null, 'only-here');
    const there = native().linkIndex(ns.path, 'only-here');
    expect([here, there > 0]).toEqual([0, true]);
    expect(native().linkName(ns.path, there)).toBe('only-here');
    expect(() =>
      native().inNamespace(ns.path, () => {
        throw new RangeError('inside');
      }),
    ).toThrow(RangeError);
    expect(native().inNamespace(ns.path, () => native().linkIndex(null, 'only-here'))).toBe(there);
    expect(native().linkIndex(null, 'only-here')).toBe(0);
    removeNamespaces();
  });
});

function datagram(): NativeHandle {
  const handle = native().openSocket(null, AF_INET, SOCK_DGRAM, 0);
  handle.bind(ipSocketAddress(LOCAL));
  return handle;
}

function sendOne(handle: NativeHandle): void {
  const row = new Uint32Array(SEND.words);
  row[SEND.length] = 1;
  row[SEND.trafficClass] = NONE;
  handle.send(new Uint8Array(1), row, 0, 1);
}
