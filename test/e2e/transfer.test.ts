/** A TCP transfer over IPv4 to the IPv4 home address lives through every move. Needs root, and iperf3. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { PROGRAM, until } from './small-network.js';

const HOA4 = '192.0.2.100';

it('iperf3 from the correspondent survives home → IPv6 → NAT → IPv6 → home', async () => {
  await mip6('lab', 'up', 'roam');
  const server = exec('mn', 'iperf3', '-s', '-1', '--forceflush');
  await until('iperf3 listens', () => server.log().includes('listening'));
  const client = exec('cn', 'iperf3', '-c', HOA4, '-t', '30', '--json');
  const seconds = (n: number) => new Promise((done) => setTimeout(done, n * 1000));
  await seconds(3);
  for (const link of ['visited1', 'v4nat', 'visited2', 'home']) {
    await mip6('lab', 'move', 'mn', link);
    await seconds(5);
  }
  expect(await client.end).toBe(0);
  const report = JSON.parse(client.log()) as {
    error?: string;
    intervals: { sum: { start: number; bytes: number } }[];
    end: { sum_received: { bytes: number } };
  };
  expect(report.error).toBeUndefined();
  expect(report.end.sum_received.bytes).toBeGreaterThan(1_000_000);
  // The transfer ends after the last move: octets came at every stop.
  for (const [from, to] of [
    [0, 3],
    [4, 8],
    [9, 13],
    [14, 18],
    [24, 30],
  ] as const) {
    const moved = report.intervals.filter((i) => i.sum.start >= from && i.sum.start < to);
    expect(
      moved.reduce((sum, i) => sum + i.sum.bytes, 0),
      `seconds ${from} to ${to}`,
    ).toBeGreaterThan(0);
  }
});

afterAll(() => mip6('lab', 'down'));

function mip6(...args: string[]) {
  return promisify(execFile)(process.execPath, [PROGRAM, ...args], { maxBuffer: 16 << 20 });
}

function exec(node: string, ...command: string[]) {
  const child = spawn(process.execPath, [PROGRAM, 'lab', 'exec', node, '--', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (part) => (text += String(part)));
  const end = new Promise<number | null>((done) => child.on('close', done));
  return { log: () => text, end };
}
