/** What every Links does. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenTo, ofKind, type MakeWorldBench, type WorldBench } from './bench.js';

export function linksContract(adapter: string, make: MakeWorldBench): void {
  describe(`Links of ${adapter}`, () => {
    let bench: WorldBench;
    beforeEach(async () => {
      bench = await make();
    });
    afterEach(async () => {
      await bench.close();
    });
    const here = () => bench.near.world.links.list().find((l) => l.name === bench.near.link);

    it('lists an interface as it is: name, index, MAC, MTU, carrier, addresses of both families', () => {
      const link = here();
      expect(link).toMatchObject({ name: bench.near.link, up: true });
      expect(link!.index).toBeGreaterThan(0);
      expect(link!.mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      expect(link!.mtu).toBeGreaterThanOrEqual(1280);
      const addresses = link!.addresses.map((a) => a.address);
      expect(addresses).toContain(bench.near.ipv6);
      expect(addresses).toContain(bench.near.ipv4);
      expect(addresses.some((a) => a.startsWith('fe80::'))).toBe(true);
    });

    it('does not list the tunnel device', () => {
      const names = bench.near.world.links.list().map((l) => l.name);
      expect(names.filter((name) => name.startsWith('@') || name.startsWith('mip6'))).toEqual([]);
    });

    it('tells of carrier going and coming, each time the whole state', async () => {
      const inputs = listenTo(bench.near.world);
      const ups = here()!.carrierUps;
      await bench.carrier(false);
      await bench.settle();
      const down = ofKind(inputs, 'link').filter((i) => i.link.name === bench.near.link);
      expect(down.at(-1)?.link).toMatchObject({ up: false, mac: here()!.mac });
      expect(here()!.up).toBe(false);
      await bench.carrier(true);
      await bench.settle();
      const last = ofKind(inputs, 'link')
        .filter((i) => i.link.name === bench.near.link)
        .at(-1);
      expect(last?.link).toMatchObject({ up: true });
      expect(last!.link.carrierUps).toBe(ups + 1);
    });

    it('counts a quick down and up', async () => {
      const ups = here()!.carrierUps;
      const inputs = listenTo(bench.near.world);
      await bench.carrier(false);
      await bench.carrier(true);
      await bench.settle();
      expect(here()!.carrierUps).toBe(ups + 1);
      expect(ofKind(inputs, 'link').at(-1)?.link).toMatchObject({ up: true, carrierUps: ups + 1 });
    });
  });
}
