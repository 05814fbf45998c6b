/** Who configures an interface, found in folders that stand for /run and /proc. */
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipv6, mac, NO_MAC } from '../../src/base/address.js';
import { LinkOwners, type Ownership } from '../../src/linux/link-owners.js';
import type { KernelAddress } from '../../src/linux/netlink/address.js';
import type { KernelLink } from '../../src/linux/netlink/link.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mip6-owners-'));
  file('proc/self/ns/net', 'this namespace');
  file('proc/1/ns/net', 'another namespace');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('found by itself', () => {
  it('nobody: it is ours', () => {
    expect(owner('auto')).toEqual({ kind: 'us', why: 'nobody else configures it' });
  });

  it.each([
    ['systemd-networkd', 'run/systemd/netif/links/7', 'ADMIN_STATE=configured\nOPER_STATE=up\n'],
    ['systemd-networkd', 'run/systemd/netif/links/7', 'ADMIN_STATE=configuring\n'],
    ['NetworkManager', 'run/NetworkManager/devices/7', '[device]\nmanaged=true\n'],
  ])('%s that runs and says in %s that it manages it', (name, path, text) => {
    process('100', name.slice(0, 15));
    file(path, text);
    expect(owner('auto')).toMatchObject({ kind: 'other', name, leases: true });
  });

  it.each([
    ['systemd-networkd', 'run/systemd/netif/links/7', 'ADMIN_STATE=unmanaged\n'],
    ['NetworkManager', 'run/NetworkManager/devices/7', '[device]\nmanaged=false\n'],
  ])('not %s where its file says that it does not manage it', (name, path, text) => {
    process('100', name.slice(0, 15));
    file(path, text);
    expect(owner('auto')).toMatchObject({ kind: 'us' });
  });

  it('not by a file that a program left which runs no more, or runs in another namespace', () => {
    file('run/NetworkManager/devices/7', '[device]\nmanaged=true\n');
    expect(owner('auto')).toMatchObject({ kind: 'us' });
    process('100', 'NetworkManager', '', 'proc/1/ns/net');
    expect(owner('auto')).toMatchObject({ kind: 'us' });
  });

  it('a manager that has not yet said anything of it has it until it does', () => {
    process('100', 'NetworkManager');
    const owners = make('auto');
    const before = owners.of(LINK, [], ['eth0']);
    expect(before).toMatchObject({ name: 'NetworkManager' });
    expect(owners.of(LINK, [], ['eth0'])).toBe(before);
    file('run/NetworkManager/devices/7', 'managed=false\n');
    expect(owners.of(LINK, [], ['eth0'])).toMatchObject({ kind: 'us' });
  });

  it.each([
    ['dhclient\0-4\0eth0\0', true],
    ['dhclient\0', true],
    ['dhclient\0wlan0\0', false],
  ])('a DHCP client, by its command line %j: %s', (cmdline, its) => {
    process('100', 'dhclient', cmdline);
    expect(owner('auto')?.kind).toBe(its ? 'other' : 'us');
  });

  it('an interface without a link-layer address is the administrator’s, whatever was asked', () => {
    for (const asked of ['auto', 'own', 'adopt'] as const) {
      const link = { ...LINK, mac: NO_MAC };
      expect(make(asked).of(link, [], [])).toMatchObject({ kind: 'other' });
    }
  });

  it('the kernel needs an address that it made of an advertisement, and accept_ra on', () => {
    // The settings are those of this machine's loopback, where accept_ra is as the kernel has it by default.
    const link = { ...LINK, name: 'lo' };
    const owners = () => new LinkOwners(null, new Map([['lo', 'auto']]), places());
    expect(owners().of(link, [ADDRESS], [])).toMatchObject({ kind: 'us' });
    const made = { ...ADDRESS, autoconfigured: true };
    expect(owners().of(link, [made], [])).toMatchObject({ name: 'the kernel', leases: false });
  });
});

describe('as configured', () => {
  it('own is ours, whoever else is there', () => {
    process('100', 'NetworkManager');
    file('run/NetworkManager/devices/7', 'managed=true\n');
    expect(owner('own')).toEqual({ kind: 'us', why: 'RouterAdvertisements own' });
  });

  it('adopt is another’s, by name where it is known', () => {
    expect(owner('adopt')).toMatchObject({ kind: 'other', name: 'the administrator' });
    process('100', 'dhcpcd');
    expect(owner('adopt')).toMatchObject({ kind: 'other', name: 'dhcpcd' });
  });

  it('holds as long as the interface is there, and is asked anew for the next one of its number', () => {
    const owners = make('auto');
    expect(owners.of(LINK, [], [])).toMatchObject({ kind: 'us' });
    process('100', 'dhclient', 'dhclient\0');
    expect(owners.of(LINK, [], [])).toMatchObject({ kind: 'us' });
    owners.forget(LINK.index);
    expect(owners.of(LINK, [], [])).toMatchObject({ name: 'dhclient' });
  });

  it('says nothing of interfaces that nobody named', () => {
    expect(make('auto').of({ ...LINK, name: 'eth1' }, [], [])).toBeUndefined();
  });
});

const LINK: KernelLink = {
  index: 7,
  name: 'eth0',
  mac: mac('02:00:00:00:00:07'),
  mtu: 1500,
  up: true,
  running: true,
  loopback: false,
  master: 0,
  carrierUps: 1,
  group: 0,
  kind: undefined,
  tunnel: undefined,
};
const ADDRESS: KernelAddress = {
  index: 7,
  address: ipv6('2001:db8::1'),
  prefixLength: 64,
  usable: true,
  homeAddress: false,
  protocol: 0,
  autoconfigured: false,
  temporary: false,
  deprecated: false,
  validLifetime: null,
};

const places = () => ({ run: join(root, 'run'), proc: join(root, 'proc') });
const make = (asked: Ownership): LinkOwners =>
  new LinkOwners(null, new Map([['eth0', asked]]), places());
const owner = (asked: Ownership) => make(asked).of(LINK, [], ['eth0', 'wlan0']);

function file(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function process(pid: string, comm: string, cmdline = '', namespace = 'proc/self/ns/net'): void {
  rmSync(join(root, 'proc', pid), { recursive: true, force: true });
  file(`proc/${pid}/comm`, `${comm}\n`);
  file(`proc/${pid}/cmdline`, cmdline);
  mkdirSync(join(root, 'proc', pid, 'ns'));
  linkSync(join(root, namespace), join(root, 'proc', pid, 'ns/net'));
}
