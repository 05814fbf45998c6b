import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventNotice, Status } from '../../src/control/api.js';
import { ControlClient, type Feed } from '../../src/control/client.js';
import { ControlLease } from '../../src/control/lease.js';
import { LineSplitter } from '../../src/control/lines.js';
import { isMethod, METHODS } from '../../src/control/methods.js';
import {
  ControlServer,
  Refusal,
  type ControlServerOptions,
  type Handlers,
} from '../../src/control/server.js';

let folder: string;
let path: string;
let server: ControlServer | undefined;
const clients: ControlClient[] = [];
const sockets: Socket[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-'));
  path = join(folder, 'run', 'mn.sock');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

describe('a client and a daemon', () => {
  it('agree on the protocol, and call by name', async () => {
    await listen();
    const client = await connect();
    expect(client.hello).toEqual({ version: 1, name: 'mn', role: 'mn', program: 'mip6 9.9.9' });
    expect(await client.call('status', {})).toMatchObject({ name: 'mn', bindings: 1 });
    expect(await client.call('handover', { target: { kind: 'family', family: 4 } })).toEqual({
      accepted: true,
      reason: 'family',
      careOf: null,
    });
  });

  it('keep answers apart when many calls are in flight', async () => {
    await listen({ 'bul.list': async ({ limit }) => ({ entries: [], total: limit ?? 0 }) });
    const client = await connect();
    const totals = await Promise.all(
      [5, 6, 7].map(async (limit) => (await client.call('bul.list', { limit })).total),
    );
    expect(totals).toEqual([5, 6, 7]);
  });

  it('say no with a sentence, and go on', async () => {
    await listen({
      handover: () => {
        throw new Refusal('Only a mobile node moves.');
      },
    });
    const client = await connect();
    const call = client.call('handover', { target: { kind: 'home' } });
    await expect(call).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'Only a mobile node moves.',
    });
    await expect(client.call('status', {})).resolves.toMatchObject({ name: 'mn' });
  });

  it('check parameters where they arrive: a socket has no types', async () => {
    await listen();
    const client = await connect();
    const call = client.call('handover', { target: { kind: 'family', family: 5 } } as never);
    await expect(call).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('target.family') as string,
    });
    await expect(client.call('status', { extra: 1 } as never)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    await expect(client.call('bul.list', { limit: -1 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  it('need the socket for nothing but the owner and its group', async () => {
    await listen();
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });
});

describe('whom the daemon serves', () => {
  const peer = { pid: 1, uid: 1000, gid: 1000 };

  it('lets a peer without the right look, and change nothing', async () => {
    await listen({}, { peerOf: () => peer, mayChange: () => false });
    const client = await connect();
    await expect(client.call('status', {})).resolves.toBeDefined();
    for (const change of [
      client.call('stop', {}),
      client.call('handover', { target: { kind: 'auto' } }),
    ]) {
      await expect(change).rejects.toMatchObject({
        code: 'NO_PERMISSION',
        message: 'User 1000 may look but not change anything.',
      });
    }
  });

  it('tells the handler who asks', async () => {
    const asked: unknown[] = [];
    await listen(
      {
        stop: (_, who) => {
          asked.push(who);
          return { stopping: true };
        },
      },
      { peerOf: () => peer, mayChange: (p) => p.uid === 1000 },
    );
    await (await connect()).call('stop', {});
    expect(asked).toEqual([peer]);
  });

  it('serves a bounded number of clients, and tells the next one', async () => {
    await listen({}, { limits: { clients: 1 } });
    await connect();
    await expect(connect()).rejects.toMatchObject({
      message: 'The daemon serves 1 clients at most.',
    });
  });

  it('has room again when one leaves', async () => {
    await listen({}, { limits: { clients: 1 } });
    (await connect()).close();
    await expect.poll(() => server!.counters['control-clients']).toBe(0);
    await expect(connect()).resolves.toBeDefined();
  });
});

describe('octets that are no request', () => {
  it.each([
    ['no JSON', '{"jsonrpc":', -32700],
    ['not an object', '[]', -32600],
    ['another protocol', '{"method":"status","id":1}', -32600],
    ['no method', '{"jsonrpc":"2.0","id":1}', -32600],
    ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":5}', -32600],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32601],
    [
      'wrong parameters',
      '{"jsonrpc":"2.0","id":1,"method":"hello","params":{"version":"one"}}',
      -32602,
    ],
    ['parameters by position', '{"jsonrpc":"2.0","id":1,"method":"hello","params":[1]}', -32602],
  ])('%s is answered with its code, and the next request is served', async (_, line, code) => {
    await listen();
    const lines = await raw(`${line}\n{"jsonrpc":"2.0","id":7,"method":"status"}\n`, 2);
    expect(lines[0]).toMatchObject({ error: { code } });
    expect(lines[1]).toMatchObject({ id: 7, result: { name: 'mn' } });
  });

  it('a line over the limit ends the connection, with a reason', async () => {
    await listen({}, { limits: { line: 100 } });
    const socket = open();
    const closed = new Promise((done) => socket.once('close', done));
    socket.write('x'.repeat(101));
    const [answer] = await read(socket, 1);
    expect(answer).toMatchObject({
      error: { code: -32600, message: 'A request is 100 octets at most.' },
    });
    await closed;
    await expect.poll(() => server!.counters['control-clients']).toBe(0);
  });

  it('a request without an id is done and not answered (JSON-RPC 2.0 §4.1)', async () => {
    const seen: string[] = [];
    await listen({
      status: () => {
        seen.push('status');
        return STATUS;
      },
    });
    const lines = await raw(
      '{"jsonrpc":"2.0","method":"status"}\n{"jsonrpc":"2.0","id":2,"method":"events"}\n',
      1,
    );
    expect(lines).toEqual([{ jsonrpc: '2.0', id: 2, result: { events: [] } }]);
    expect(seen).toEqual(['status']);
  });

  it('a client that vanishes in the middle of a line leaves nothing behind', async () => {
    await listen();
    const socket = open();
    await new Promise((done) => socket.once('connect', done));
    socket.write('{"jsonrpc":');
    socket.destroy();
    await expect.poll(() => server!.counters['control-clients']).toBe(0);
  });

  it('has one row for each method, each with a sentence', () => {
    for (const [name, row] of Object.entries(METHODS)) {
      expect(isMethod(name)).toBe(true);
      expect(row.sentence).not.toBe('');
    }
    expect(isMethod('toString')).toBe(false);
  });
});

describe('events', () => {
  it('reach subscribers from the least severity that they asked for', async () => {
    await listen();
    const quiet = await connect();
    const feed = quiet.subscribe({ minimum: 'notice' });
    const first = feed.next();
    await subscribed(quiet);
    server!.publish(notice(1, 'info'));
    server!.publish(notice(2, 'error'));
    expect((await first).value).toMatchObject({ kind: 'event', event: { fields: { n: 2 } } });
  });

  it('do not reach those who did not ask', async () => {
    await listen();
    const socket = open();
    server!.publish(notice(1));
    socket.write('{"jsonrpc":"2.0","id":1,"method":"events"}\n');
    expect(await read(socket, 1)).toEqual([{ jsonrpc: '2.0', id: 1, result: { events: [] } }]);
  });

  it('are dropped and counted for a client that does not read, while another gets them all', async () => {
    await listen({}, { limits: { queue: 50_000 } });
    const slow = open();
    slow.write('{"jsonrpc":"2.0","id":1,"method":"subscribe"}\n');
    await read(slow, 1);
    slow.pause();
    const quick = await connect();
    const got: number[] = [];
    const reading = (async () => {
      for await (const item of quick.subscribe()) {
        if (item.kind === 'event') got.push(item.event.fields['n'] as number);
        if (got.at(-1) === COUNT) return;
      }
    })();
    await subscribed(quick);
    for (let n = 1; n <= COUNT; n++) {
      server!.publish(notice(n));
      if (n % 50 === 0) await new Promise((done) => setImmediate(done));
    }
    await reading;
    expect(got.length).toBe(COUNT);
    expect(server!.counters['control-events-dropped']).toBeGreaterThan(0);

    const late: { method?: string; params?: { count?: number; fields?: { n: number } } }[] = [];
    collect(slow, (message) => late.push(message as never));
    slow.resume();
    await expect.poll(() => late.length).toBeGreaterThan(0);
    // Its queue is empty again: the next event comes, and before it the number of those that did not.
    await expect
      .poll(() => {
        server!.publish(notice(COUNT + 1));
        return late.some((m) => m.method === 'dropped');
      })
      .toBe(true);
    const dropped = late.find((m) => m.method === 'dropped')!.params!.count!;
    const before = late.slice(
      0,
      late.findIndex((m) => m.method === 'dropped'),
    ).length;
    expect(dropped).toBe(server!.counters['control-events-dropped']);
    expect(before).toBeGreaterThan(0);
    expect(before + dropped).toBeGreaterThanOrEqual(COUNT);
  });

  it('end with an error when the daemon goes, and without one when we do', async () => {
    await listen();
    const client = await connect();
    const feed = client.subscribe();
    const lost = expect(feed.next()).rejects.toMatchObject({ code: 'DISCONNECTED' });
    await subscribed(client);
    await server!.close();
    await lost;
    await expect(client.call('status', {})).rejects.toMatchObject({ code: 'DISCONNECTED' });

    await listen();
    const other = await connect();
    const ended = collectFeed(other);
    await subscribed(other);
    other.close();
    expect(await ended).toEqual([]);
  });
});

describe('a connection that several use', () => {
  it('gives each subscriber the severities that it asked for, and no others', async () => {
    await listen();
    const client = await connect();
    const [loud, quiet] = [collectFeed(client, 'error'), collectFeed(client, 'debug')];
    await subscribed(client);
    for (const severity of ['debug', 'error', 'notice'] as const)
      server!.publish(notice(1, severity));
    await subscribed(client);
    client.close();
    const severities = (feed: Feed[]) => feed.map((f) => f.kind === 'event' && f.event.severity);
    expect(severities(await loud)).toEqual(['error']);
    expect(severities(await quiet)).toEqual(['debug', 'error', 'notice']);
  });

  it('goes on when one of them closes its share, whose calls and subscriptions end', async () => {
    let answer: () => void = () => undefined;
    const late = new Promise<void>((done) => (answer = done));
    await listen({ 'bul.list': () => late.then(() => ({ entries: [], total: 0 })) });
    const client = await connect();
    const [lease, other] = [new ControlLease(client), new ControlLease(client)];
    const feed = (async () => {
      for await (const item of lease.subscribe()) expect(item).toBeUndefined();
    })();
    const waiting = lease.call('bul.list', {});
    lease.close();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(lease.call('status', {})).rejects.toMatchObject({ code: 'CANCELLED' });
    await feed;
    answer();
    await expect(other.call('bc.list', {})).resolves.toEqual({ entries: [], total: 0 });
  });

  it('knows whether a share has changed the node', async () => {
    await listen();
    const client = await connect();
    const [asks, changes] = [new ControlLease(client), new ControlLease(client)];
    await asks.call('status', {});
    await changes.call('handover', { target: { kind: 'home' } });
    expect([asks.changed, changes.changed]).toEqual([false, true]);
  });

  it('is read again when a subscriber leaves that had stopped it by not reading', async () => {
    await listen();
    const client = await connect();
    const lease = new ControlLease(client);
    const feed = lease.subscribe();
    const first = feed.next();
    await subscribed(client);
    for (let n = 1; n <= COUNT; n++) server!.publish(notice(n));
    await first;
    lease.close();
    await feed.return();
    await expect(client.call('status', {})).resolves.toMatchObject({ name: 'mn' });
  });
});

describe('who is at the other end of the path', () => {
  it('nobody: NO_DAEMON, with the way to start one', async () => {
    await expect(connect()).rejects.toMatchObject({
      code: 'NO_DAEMON',
      message: expect.stringContaining('mip6 daemon -c') as string,
    });
  });

  it('an older daemon: DAEMON_OLDER', async () => {
    await fake((line, socket) => {
      const { id } = JSON.parse(line) as { id: number };
      socket.write(
        `${JSON.stringify({ jsonrpc: '2.0', id, result: { version: 0, name: 'x', role: 'mn', program: 'mip6 0.0.1' } })}\n`,
      );
    });
    await expect(connect()).rejects.toMatchObject({
      code: 'DAEMON_OLDER',
      message: expect.stringContaining('Restart the daemon') as string,
    });
  });

  it('a daemon without the method: DAEMON_OLDER', async () => {
    await listen();
    const client = await connect();
    await expect(client.call('future' as never, {} as never)).rejects.toMatchObject({
      code: 'DAEMON_OLDER',
    });
  });

  it('one that does not answer: TIMEOUT', async () => {
    await fake(() => undefined);
    await expect(ControlClient.connect(path, { timeout: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });

  it('one that hangs up: DISCONNECTED', async () => {
    await fake((_, socket) => socket.destroy());
    await expect(connect()).rejects.toMatchObject({ code: 'DISCONNECTED' });
  });

  it('something else altogether: no answer is taken for one', async () => {
    await fake((_, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(ControlClient.connect(path, { timeout: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });
});

describe('the path of the socket', () => {
  it('is taken over from a daemon that crashed', async () => {
    await listen();
    // What a crash leaves: the file, and nobody behind it.
    const crashed = createServer();
    const left = join(folder, 'left.sock');
    await new Promise<void>((done) => crashed.listen(left, done));
    const { renameSync } = await import('node:fs');
    renameSync(left, `${left}.kept`);
    await new Promise((done) => crashed.close(done));
    renameSync(`${left}.kept`, left);
    const next = await ControlServer.listen({ ...options(), path: left });
    const client = await ControlClient.connect(left);
    expect(client.hello.name).toBe('mn');
    client.close();
    await next.close();
  });

  it('is left to a daemon that runs', async () => {
    await listen();
    await expect(ControlServer.listen(options())).rejects.toMatchObject({
      code: 'ALREADY_RUNS',
      message: expect.stringContaining('already runs') as string,
    });
    await expect(connect()).resolves.toBeDefined();
  });

  it('is not taken from a file that is no socket', async () => {
    path = join(folder, 'file');
    writeFileSync(path, 'precious');
    await expect(listen()).rejects.toMatchObject({
      code: 'SOCKET',
      message: `${path} is there and is not a socket.`,
    });
  });

  it('is gone when the daemon is', async () => {
    await listen();
    await server!.close();
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('has the length that the kernel can hold, and says so', async () => {
    path = join(folder, 'x'.repeat(120));
    await expect(listen()).rejects.toMatchObject({ code: 'SOCKET' });
  });
});

describe('lines', () => {
  it('come out the same however the stream is cut', () => {
    const text = Buffer.from('é\r\n\nabc\n');
    for (let cut = 0; cut <= text.length; cut++) {
      const lines = new LineSplitter(10);
      const got = [...lines.push(text.subarray(0, cut))!, ...lines.push(text.subarray(cut))!];
      expect(got, String(cut)).toEqual(['é', '', 'abc']);
    }
  });

  it('of the longest length pass, and of one octet more do not, complete or not', () => {
    expect(new LineSplitter(3).push(Buffer.from('abc\n'))).toEqual(['abc']);
    expect(new LineSplitter(3).push(Buffer.from('abcd\n'))).toBeUndefined();
    expect(new LineSplitter(3).push(Buffer.from('abcd'))).toBeUndefined();
  });
});

const COUNT = 3000;
const VERDICT = { accepted: true, reason: '', link: 'eth0', state: 'bound' };
const BINDING_VERDICT = {
  accepted: true,
  reason: '',
  homeAddress: null,
  homeAgent: null,
  careOf: null,
  before: null,
  lifetime: null,
};
const STATUS = { name: 'mn', bindings: 1 } as unknown as Status;

function options(handlers: Partial<Handlers> = {}): ControlServerOptions {
  return {
    path,
    hello: { name: 'mn', role: 'mn', program: 'mip6 9.9.9' },
    handlers: {
      status: () => STATUS,
      'bul.list': () => ({ entries: [], total: 0 }),
      'bul.reserve': () => ({ first: 1 }),
      'bul.refresh': () => BINDING_VERDICT,
      'bul.set': () => BINDING_VERDICT,
      'bul.delete': () => BINDING_VERDICT,
      mps: () => BINDING_VERDICT,
      prefixes: () => ({ home: [], visited: [] }),
      'bc.list': () => ({ entries: [], total: 0 }),
      'agents.list': () => ({ links: [], homes: [] }),
      'agents.discover': () => ({ accepted: true, reason: '' }),
      handover: ({ target }) => ({ accepted: true, reason: target.kind, careOf: null }),
      'handover.plan': () => ({ accepted: true, reason: '', careOf: null, choices: [] }),
      'dhcp.status': () => ({ links: [], networks: [] }),
      'dhcp.renew': () => VERDICT,
      'dhcp.release': () => VERDICT,
      'dhcp.request': () => VERDICT,
      events: () => ({ events: [] }),
      stop: () => ({ stopping: true }),
      ...handlers,
    },
  };
}

async function listen(
  handlers: Partial<Handlers> = {},
  more: Partial<ControlServerOptions> = {},
): Promise<void> {
  server = await ControlServer.listen({ ...options(handlers), ...more });
}

async function connect(): Promise<ControlClient> {
  const client = await ControlClient.connect(path);
  clients.push(client);
  return client;
}

/** A round trip: what was sent before it has arrived. */
async function subscribed(client: ControlClient): Promise<void> {
  await client.call('events', {});
}

function notice(n: number, severity: EventNotice['severity'] = 'info'): EventNotice {
  return {
    code: 'BU_SENT',
    severity,
    sentence: 'x'.repeat(200),
    fields: { n },
    at: '',
    monotonic: n,
    node: 'mn',
  };
}

function open(): Socket {
  const socket = createConnection(path);
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

function collect(socket: Socket, take: (message: unknown) => void): void {
  const lines = new LineSplitter(1e9);
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) =>
    lines.push(chunk)!.forEach((line) => take(JSON.parse(line))),
  );
}

function read(socket: Socket, count: number): Promise<unknown[]> {
  const messages: unknown[] = [];
  return new Promise((done) =>
    collect(socket, (message) => {
      messages.push(message);
      if (messages.length === count) done(messages);
    }),
  );
}

function raw(text: string, answers: number): Promise<unknown[]> {
  const socket = open();
  socket.write(text);
  return read(socket, answers);
}

async function collectFeed(
  client: ControlClient,
  minimum?: EventNotice['severity'],
): Promise<Feed[]> {
  const items: Feed[] = [];
  for await (const item of client.subscribe({ minimum })) items.push(item);
  return items;
}

/** A server that is none of ours. */
async function fake(answer: (line: string, socket: Socket) => void): Promise<void> {
  const { mkdirSync } = await import('node:fs');
  mkdirSync(join(folder, 'run'));
  const other = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (chunk: Buffer) => answer(chunk.toString(), socket));
  });
  await new Promise<void>((done) => other.listen(path, done));
  server = {
    close: () => new Promise<void>((done) => other.close(() => done())),
  } as unknown as ControlServer;
}
