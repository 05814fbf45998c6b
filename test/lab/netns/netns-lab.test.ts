/** The real thing: namespaces of this kernel, daemons as processes, a NAT by nftables. Skipped where that cannot be. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventCode } from '../../../src/core/event.js';
import { summarize } from '../../../src/diagnostics/describe.js';
import { decodeCaptured } from '../../../src/diagnostics/decode-packet.js';
import { readCapture } from '../../../src/diagnostics/pcapng.js';
import { loadLab } from '../../../src/lab/library.js';
import { findRunning, moveRunning } from '../../../src/lab/netns/attach.js';
import { NetnsLab } from '../../../src/lab/netns/netns-lab.js';
import { namespacesOf } from '../../../src/lab/netns/plan.js';
import { probeNetns } from '../../../src/lab/netns/probe.js';
import type { Happening } from '../../../src/lab/world.js';

const ability = await probeNetns();
const HOME = '2001:db8:a::100';

describe.skipIf(ability.kind !== 'ready')('a lab of namespaces', { timeout: 300_000 }, () => {
  const file = loadLab('roam');
  let folder: string;
  let world: NetnsLab;
  const happened: Happening[] = [];
  const waiting: { node: string; code: EventCode; done: () => void }[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
    process.env['MIP6_LAB_DIR'] = folder;
    world = new NetnsLab(file.lab, {
      ...file,
      pcap: join(folder, 'pcap'),
      userNamespace: false,
      purpose: 'run',
    });
    world.listen((h) => {
      happened.push(h);
      if (h.kind !== 'event') return;
      for (const w of waiting.splice(0)) {
        if (w.node === h.node && w.code === h.notice.code) w.done();
        else waiting.push(w);
      }
    });
    await world.up();
  }, 120_000);

  afterAll(async () => {
    await world?.down();
    delete process.env['MIP6_LAB_DIR'];
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('comes up with the mobile node at home, and without complaints', async () => {
    await atHome();
    expect(await world.bc('ha')).toEqual([]);
    expect(happened.filter((h) => h.kind === 'trouble')).toEqual([]);
  });

  it('behind the NAT the mobile node registers over UDP, and the home agent sees the outer address', async () => {
    const accepted = next('mn', 'BINDING_ACCEPTED');
    await world.move('mn', 'eth0', 'v4nat');
    await accepted;
    expect(await world.bul('mn')).toMatchObject([
      { state: 'bound', path: 'udp', nat: true, careOf: '10.1.0.100' },
    ]);
    expect(await world.bc('ha')).toMatchObject([
      { homeAddress: HOME, path: 'udp', mapped: { address: '198.51.100.3' } },
    ]);
  });

  it('both home addresses are reached there', async () => {
    const series = file.lab.pings.map((spec) => world.ping(spec, 100));
    await world.wait(3000);
    for (const s of series) {
      s.stop();
      expect(s.samples()).toHaveLength(100);
      expect(s.samples().filter((p) => p.receivedAt !== null).length, s.spec.to).toBeGreaterThan(
        90,
      );
    }
  });

  it('another process finds it and moves a node in it', async () => {
    const running = findRunning('roam', folder);
    const accepted = next('mn', 'BINDING_ACCEPTED');
    await moveRunning(running, 'mn', 'visited2', undefined);
    await accepted;
    expect(await world.bul('mn')).toMatchObject([{ state: 'bound', path: 'ipv6', nat: false }]);
    await expect(moveRunning(running, 'mn', 'nowhere', undefined)).rejects.toThrow(
      'The lab has no link nowhere.',
    );
  });

  it('commands run where the node is', async () => {
    const { code, stdout } = await world.exec('mn', [
      'ip',
      '-6',
      '-brief',
      'address',
      'show',
      'dev',
      'eth0',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('2001:db8:c:');
    expect((await world.exec('mn', ['sh', '-c', 'exit 7'])).code).toBe(7);
    expect(() => world.exec('moon', ['true'])).toThrow('The lab has no node moon.');
  });

  it('back home the binding is gone', async () => {
    const removed = next('mn', 'BINDING_REMOVED');
    await world.move('mn', 'eth0', 'home');
    await removed;
    expect(await world.bc('ha')).toEqual([]);
    await atHome();
  });

  it('leaves nothing behind', async () => {
    await world.down();
    for (const name of namespacesOf(world.plan))
      expect(existsSync(`/run/netns/${name}`), name).toBe(false);
    expect(existsSync(world.folder)).toBe(false);
    expect(
      existsSync('/run/mip6')
        ? readdirSync('/run/mip6').filter((f) => f.includes(world.plan.id))
        : [],
    ).toEqual([]);
  });

  it('the captures hold what was said, each link its own', () => {
    const lines = (link: string) =>
      [...readCapture(readFileSync(join(folder, 'pcap', `roam-${link}.pcapng`)))].map(
        (p) => summarize(decodeCaptured(p.octets, p.interface.linkType)).text,
      );
    const inside = lines('v4nat').filter((t) => t.includes(' BU '));
    const outside = lines('core').filter((t) => t.startsWith('198.51.100.3') && t.includes(' BU '));
    expect(inside[0]).toMatch(
      /^10\.1\.0\.100:4191 → 198\.51\.100\.1:4191 \| .* BU seq \d+ AH life \d+ v4coa 10\.1\.0\.100/,
    );
    expect(outside.length).toBe(inside.length);
  });

  async function atHome(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const { homes } = await world.status('mn');
      if (homes[0]?.where === 'home') return;
      await world.wait(50);
    }
    expect.unreachable('the mobile node is not at home');
  }

  function next(node: string, code: EventCode): Promise<void> {
    return new Promise((done) => waiting.push({ node, code, done }));
  }
});
