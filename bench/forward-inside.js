// The part of bench/forward.js that runs in the guest.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { table } from './measure.js';
import { AGENT, HOME, newPair } from './mobile-pair.js';

const SECONDS = 4;

if (spawnSync('iperf3', ['--version']).status !== 0) {
  console.log('skipped: iperf3 is not installed (apt install iperf3)');
  process.exit(0);
}
const rows = [['', 'Mbit/s', 'beside no tunnel', 'CPU of both daemons, ms per MB']];
const pair = await newPair();
const floor = await blast('2001:db8:1::2', '2001:db8:1::1');
rows.push(['no tunnel', floor.rate.toFixed(0), '1.00x', '']);
const rates = {};
for (const way of ['kernel', 'userspace']) {
  const close = await pair.open(way);
  const { rate, cpu } = await blast(HOME, AGENT);
  rates[way] = rate;
  rows.push([
    `${way} datapath`,
    rate.toFixed(0),
    `${(rate / floor.rate).toFixed(2)}x`,
    cpu.toFixed(2),
  ]);
  await close();
}
table(rows);
console.log(`kernel beside userspace: ${(rates.kernel / rates.userspace).toFixed(1)}x`);
pair.remove();
process.exit(0);

async function blast(from, to) {
  const server = spawn('ip', ['netns', 'exec', pair.ha, 'iperf3', '-s', '-1', '-B', to], {
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  await new Promise((done) => setTimeout(done, 1500));
  const before = process.cpuUsage();
  const options = ['-c', to, '-B', from, '-t', SECONDS, '-J'].map(String);
  const client = ['netns', 'exec', pair.mn, 'iperf3', ...options];
  const { stdout } = await promisify(execFile)('ip', client, { maxBuffer: 1 << 24 });
  const { user, system } = process.cpuUsage(before);
  await ended;
  const { bytes, bits_per_second: rate } = JSON.parse(stdout).end.sum_received;
  return { rate: rate / 1e6, cpu: (user + system) / 1000 / (bytes / 1e6) };
}
