// The part of bench/bindings.js that runs in the guest: one apply a binding.
import { kernelMemory, newHomeAgent } from './mobile-pair.js';
import { table } from './measure.js';

const MANY = Number(process.argv[2] ?? 20_000);
const PART = 1000;

const agent = await newHomeAgent('kernel');
const steps = [];
for (let n = 0; n < 100; n++) await agent.bind(n, 0, false); // what is made once is made, and the compiler settles
const before = kernelMemory();
for (let from = 100; from < MANY + 100; from += PART) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let n = from; n < from + PART; n++) await agent.bind(n, 0, false);
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  steps.push({ wall: wall / PART, cpu: (user + system) / 1000 / PART });
}
const each = ((kernelMemory() - before) * 1024) / MANY;
const first = steps[0];
const last = steps.at(-1);
table([
  [`${MANY} bindings, ${agent.admission}`, 'wall ms', 'CPU ms', 'a second'],
  ['first thousand', first.wall.toFixed(2), first.cpu.toFixed(2), (1000 / first.wall).toFixed(0)],
  ['last thousand', last.wall.toFixed(2), last.cpu.toFixed(2), (1000 / last.wall).toFixed(0)],
  ['ratio', `${(last.wall / first.wall).toFixed(2)}x`, `${(last.cpu / first.cpu).toFixed(2)}x`, ''],
]);
console.log(
  `kernel memory: ${Math.round(each)} octets a binding, ${(each / 1536).toFixed(2)}x of the 1,536 that it may take`,
);
await agent.close();
process.exit(0);
