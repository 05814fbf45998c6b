import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { instant } from '../../src/base/time.js';
import { ControlClient } from '../../src/control/client.js';
import { event } from '../../src/core/event.js';
import type { LinkState } from '../../src/core/input.js';
import { roleOf } from '../../src/daemon/daemon.js';
import { EventJournal, MAX_EVENTS } from '../../src/daemon/journal.js';
import { mayChange } from '../../src/daemon/peer.js';
import { missingCapabilities, requirePrivileges } from '../../src/daemon/privileges.js';
import {
  BC,
  BUL,
  fakeHost,
  HOME_AGENT,
  startFake,
  type FakeDaemon,
  type FakeOptions,
} from '../helpers/fake-daemon.js';

const running: FakeDaemon[] = [];
afterEach(async () => {
  for (const fake of running.splice(0)) await fake.end();
});

describe('a daemon', () => {
  it('answers from its role: status, Binding Update List, events', async () => {
    const { client } = await start();
    expect(client.hello).toEqual({ version: 1, name: 'test', role: 'mn', program: 'mip6 9.9.9' });
    expect(await client.call('status', {})).toMatchObject({
      version: '9.9.9',
      name: 'test',
      role: 'mn',
      uptime: 0,
      datapath: 'none at all',
      protected: false,
      bindings: 1,
      counters: { 'mh-checksum': 2, 'send-refused': 3, 'control-clients': 1 },
      next: { why: 'refresh', in: 4 },
      warnings: ['interface wlan0 is not there yet', 'signalling is not protected by IPsec'],
    });
    const { entries } = await client.call('bul.list', {});
    expect(entries).toEqual([
      expect.objectContaining({ homeAddress: BUL.homeAddress, expiresIn: 430.5 }),
    ]);
    expect(entries[0]).not.toHaveProperty('expiresAt');
    expect((await client.call('events', {})).events.map((e) => e.code)).toEqual([
      'UNPROTECTED',
      'STARTED',
    ]);
  });

  it('finds entries by either home address, however it is written', async () => {
    const view = {
      bul: [BUL, { ...BUL, homeAddress: '2001:db8:a::101' as never, homeAddress4: null }],
    };
    const { client } = await start({ view });
    const total = async (homeAddress?: string) =>
      (await client.call('bul.list', { homeAddress })).total;
    expect(await total()).toBe(2);
    expect(await total('2001:0DB8:a:0::0100')).toBe(1);
    expect(await total('192.0.2.100')).toBe(1);
    expect(await total('2001:db8::')).toBe(0);
    await expect(total('nonsense')).rejects.toMatchObject({
      code: 'REFUSED',
      message: '"nonsense" is not an address.',
    });
    expect(await client.call('bul.list', { limit: 1 })).toMatchObject({ entries: [{}], total: 2 });
  });

  it('hands over, says who forced it, and passes a refusal on', async () => {
    const { client, fake } = await start();
    expect(
      await client.call('handover', { target: { kind: 'address', address: '2001:DB8:b::07' } }),
    ).toEqual({
      accepted: true,
      reason: 'address',
      careOf: '2001:db8:b::7',
    });
    expect(fake.role.log.at(-1)).toBe('handover {"kind":"address","address":"2001:db8:b::7"}');
    expect(fake.lines.at(-1)).toMatch(/ notice {2}FORCED handover forced to 2001:db8:b::7$/);
    const told = fake.lines.length;
    expect(await client.call('handover', { target: { kind: 'link', link: 'nope' } })).toMatchObject(
      { accepted: false },
    );
    expect(fake.lines.length).toBe(told);
    const wrong = client.call('handover', { target: { kind: 'address', address: 'nope' } });
    await expect(wrong).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('a home agent has no sequence numbers to give away', async () => {
    const { client } = await start({ text: HOME_AGENT, view: { role: 'ha', bul: [], bc: [BC] } });
    const call = client.call('bul.reserve', { homeAddress: BC.homeAddress, count: 1 });
    await expect(call).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'Only a mobile node sends Binding Updates.',
    });
  });

  it('shows its Binding Cache when it is a home agent', async () => {
    const view = { role: 'ha', bul: [], bc: [BC] } as const;
    const { client } = await start({ text: HOME_AGENT, view });
    expect((await client.call('bc.list', {})).entries).toMatchObject([
      { expiresIn: 600, mapped: { port: 40_000 } },
    ]);
    expect(await client.call('status', {})).toMatchObject({ role: 'ha', bindings: 1 });
  });

  it('sends events to whoever watches, and debug only to whoever asks for it', async () => {
    const { client, fake } = await start();
    const debug = client.subscribe();
    const next = debug.next();
    await client.call('events', {});
    fake.deliver({ kind: 'linkGone', name: 'eth7' });
    expect((await next).value).toMatchObject({
      event: { code: 'DROPPED', severity: 'debug', node: 'test' },
    });
    expect(fake.lines.some((line) => line.includes('DROPPED'))).toBe(false);
    fake.deliver({ kind: 'link', link: LINK });
    expect(fake.lines.at(-1)).toMatch(/^\d{4}-.*Z info {4}LINK_UP eth0 has carrier$/);
  });

  it('with DebugLevel above 0 writes down everything', async () => {
    const { fake } = await start({ text: `DebugLevel 1; ${HOME_AGENT}` });
    fake.deliver({ kind: 'linkGone', name: 'eth7' });
    expect(fake.lines.at(-1)).toMatch(/ debug {3}DROPPED /);
  });

  it('ends in order: role, datapath, world, socket; once, however often it is told', async () => {
    const { client, fake } = await start();
    const order: string[] = [];
    const log = fake.log;
    log.push = (...items) =>
      order.push(...items, existsSync(fake.socket) ? 'socket there' : 'socket gone');
    expect(await client.call('stop', {})).toEqual({ stopping: true });
    await fake.daemon.finished;
    await fake.daemon.stop();
    expect(fake.role.log).toEqual(['start ', 'stop']);
    expect(order).toEqual(['clean', 'socket there', 'close', 'socket there']);
    expect(existsSync(fake.socket)).toBe(false);
    expect(fake.lines.at(-1)).toMatch(/ STOPPING mn stopping$/);
  });

  it('ends all the same when the kernel does not give something up', async () => {
    const { fake } = await start({
      openHost: async ({ journal }) => {
        const host = fakeHost([], journal, [], () => undefined);
        const datapath = {
          ...host.world.datapath,
          clean: () => Promise.reject(new Error('EBUSY')),
        };
        return { ...host, world: { ...host.world, datapath } };
      },
    });
    await fake.daemon.stop();
    expect(fake.lines.at(-1)).toMatch(/error {3}DATAPATH_FAILED the kernel refused clean: EBUSY$/);
    expect(existsSync(fake.socket)).toBe(false);
  });

  it('does not touch anything when another one runs on its socket', async () => {
    const { fake } = await start();
    let opened = false;
    const second = startFake({
      socket: fake.socket,
      openHost: async () => {
        opened = true;
        throw new Error('opened');
      },
    });
    await expect(second).rejects.toMatchObject({ code: 'ALREADY_RUNS' });
    expect(opened).toBe(false);
    expect(existsSync(fake.socket)).toBe(true);
  });

  it('says so when it cleaned up after a crash', async () => {
    const { fake } = await start();
    await fake.end();
    expect(fake.lines.some((line) => line.includes('CLEANED'))).toBe(false);
    const socket = `/tmp/mip6-crash-${process.pid}.sock`;
    await leaveSocket(socket);
    const { fake: after } = await start({ socket });
    expect(after.lines[0]).toMatch(/CLEANED removed what an earlier run had left$/);
  });

  it('leaves no socket when its host cannot be opened', async () => {
    const socket = `/tmp/mip6-fail-${process.pid}.sock`;
    const failing = startFake({ socket, openHost: () => Promise.reject(new Error('no TUN')) });
    await expect(failing).rejects.toThrow('no TUN');
    expect(existsSync(socket)).toBe(false);
  });

  it('closes its host when the role cannot be made', async () => {
    const log: string[] = [];
    const failing = startFake({
      text: HOME_AGENT,
      openHost: async ({ journal }) => fakeHost(log, journal, [], () => undefined),
      createRole: roleOf,
    });
    await expect(failing).rejects.toMatchObject({
      code: 'CONFIG',
      message: 'There is no interface eth0. Create it, or name one of lo in the configuration.',
    });
    expect(log).toEqual(['clean', 'close']);
  });

  it('writes the journal as JSON for programs', async () => {
    const { fake } = await start({ logJson: true });
    expect(JSON.parse(fake.lines[0]!)).toMatchObject({
      code: 'UNPROTECTED',
      severity: 'warning',
      node: 'test',
      fields: {},
    });
  });
});

it('makes the real roles from a configuration', async () => {
  const { fake } = await start({ createRole: roleOf, links: [LINK] });
  const client = await ControlClient.connect(fake.socket);
  expect(await client.call('bul.list', {})).toMatchObject({
    total: 1,
    entries: [{ state: 'idle', homeAddress: BUL.homeAddress }],
  });
  expect(await client.call('dhcp.status', {})).toEqual({ links: [], networks: [] });
  expect(await client.call('dhcp.renew', {})).toEqual({
    accepted: false,
    reason: 'no link has a DHCP client (`UseDhcp enabled;`)',
    link: null,
    state: null,
  });
  await expect(client.call('dhcp.status', { link: 'eth0' })).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'eth0 has no DHCP client; no link has one (`UseDhcp enabled;`).',
  });
  client.close();
  const addresses = [{ address: '2001:db8:a::1' as never, prefixLength: 64 }];
  const { fake: ha } = await start({
    text: HOME_AGENT,
    createRole: roleOf,
    links: [{ ...LINK, addresses }],
  });
  const other = await ControlClient.connect(ha.socket);
  expect(await other.call('bc.list', {})).toEqual({ entries: [], total: 0 });
  await expect(other.call('handover', { target: { kind: 'auto' } })).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'This is a home agent: only a mobile node moves.',
  });
  for (const method of ['dhcp.status', 'dhcp.release'] as const) {
    await expect(other.call(method, {})).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'This is a home agent: only a mobile node has leases.',
    });
  }
  other.close();
});

describe('the journal', () => {
  const journal = (minimum: 'debug' | 'info', lines: string[] = []) =>
    new EventJournal({
      node: 'n',
      json: false,
      minimum,
      write: (l) => void lines.push(l),
      wall: () => new Date(0),
    });

  it('keeps the newest events, as many as it says, in order', () => {
    const j = journal('info');
    for (let i = 0; i < MAX_EVENTS + 5; i++)
      j.event(event('LINK_UP', { link: `eth${i}` }), instant(i));
    const links = j.recent().map((e) => e.fields['link']);
    expect(links.length).toBe(MAX_EVENTS);
    expect([links[0], links.at(-1)]).toEqual(['eth5', `eth${MAX_EVENTS + 4}`]);
    expect(j.recent(2).map((e) => e.monotonic)).toEqual([MAX_EVENTS + 3, MAX_EVENTS + 4]);
  });

  it('does not let what peers can cause push out what matters', () => {
    const j = journal('info');
    j.event(event('LINK_UP', { link: 'eth0' }), instant(0));
    for (let i = 0; i < 2 * MAX_EVENTS; i++)
      j.event(event('DROPPED', { reason: 'x', source: 'y' }), instant(i));
    expect(j.recent().map((e) => e.code)).toEqual(['LINK_UP']);
  });

  it('has time, severity, code and sentence in a line', () => {
    const lines: string[] = [];
    journal('info', lines).event(event('LINK_DOWN', { link: 'eth0' }), instant(0));
    expect(lines).toEqual(['1970-01-01T00:00:00.000Z notice  LINK_DOWN eth0 lost carrier']);
  });
});

describe('privileges', () => {
  it('are two capabilities, not being root', () => {
    expect(missingCapabilities('CapEff:\t0000000000003000\n')).toEqual([]);
    expect(missingCapabilities('CapEff:\t0000000000001000\n')).toEqual(['CAP_NET_RAW']);
    expect(missingCapabilities('CapEff:\t000001ffffffcfff\n')).toEqual([
      'CAP_NET_ADMIN',
      'CAP_NET_RAW',
    ]);
    expect(missingCapabilities('')).toEqual(['CAP_NET_ADMIN', 'CAP_NET_RAW']);
  });

  it('are named when they are missing', () => {
    expect(() => requirePrivileges('CapEff:\t0000000000000000\n')).toThrow(
      /needs CAP_NET_ADMIN and CAP_NET_RAW\. Run it as root/,
    );
  });

  it('to change state belong to root, the daemon itself, and the group of the socket', async () => {
    const file = `/tmp/mip6-peer-${process.pid}`;
    writeFileSync(file, '');
    const gid = process.getgid!();
    const peer = (uid: number, group: number) => mayChange({ pid: 0, uid, gid: group }, file);
    expect([
      peer(0, 99),
      peer(process.getuid!(), 99),
      peer(12345, gid),
      peer(12345, 12345),
    ]).toEqual([true, true, true, false]);
    const { rmSync } = await import('node:fs');
    rmSync(file);
  });
});

const LINK: LinkState = {
  name: 'eth0',
  index: 2,
  up: true,
  mac: '02:00:00:00:00:01' as LinkState['mac'],
  mtu: 1500,
  carrierUps: 1,
  addresses: [],
};

async function start(
  options: FakeOptions = {},
): Promise<{ fake: FakeDaemon; client: ControlClient }> {
  const fake = await startFake(options);
  running.push(fake);
  const client = await ControlClient.connect(fake.socket);
  const { end } = fake;
  return {
    fake: Object.assign(fake, {
      end: async () => {
        client.close();
        await end();
      },
    }),
    client,
  };
}

/** What a crash leaves: a socket file that nobody listens on. */
async function leaveSocket(path: string): Promise<void> {
  const { renameSync } = await import('node:fs');
  const server = createServer();
  await new Promise<void>((done) => server.listen(`${path}.0`, done));
  renameSync(`${path}.0`, path);
  await new Promise((done) => server.close(done));
}
