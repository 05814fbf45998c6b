// The part of bench/handover.js that runs in the guest.
import { newHomeAgent, newMobileNode } from './mobile-pair.js';
import { table } from './measure.js';

const HANDOVERS = 200;
const BINDINGS = 1000;

const rows = [['', 'kernel', 'userspace', 'kernel beside userspace']];
const [kernel, userspace] = [await measure('kernel'), await measure('userspace')];
for (const [name, digits] of [
  ['MN: netlink requests a handover', 0],
  ['HA: netlink requests a handover', 0],
  ['MN: ms from acknowledgement to tunnel moved', 2],
  ['HA: ms from binding to datapath ready', 2],
  ['HA: bindings installed a second', 0],
]) {
  const [k, u] = [kernel[name], userspace[name]];
  rows.push([name, k.toFixed(digits), u.toFixed(digits), u === 0 ? '-' : `${(k / u).toFixed(2)}x`]);
}
table(rows);
process.exit(0);

async function measure(way) {
  const agent = await newHomeAgent(way);
  const node = await newMobileNode(way);
  await agent.bind(0);
  await node.at('a');
  await node.at('b');
  await agent.bind(0, 1);
  const result = {};
  result['HA: netlink requests a handover'] = await requests(agent, () => agent.bind(0, 0));
  result['MN: netlink requests a handover'] = await requests(node, () => node.at('a'));
  result['HA: ms from binding to datapath ready'] = await median((i) => agent.bind(0, 1 - (i & 1)));
  result['MN: ms from acknowledgement to tunnel moved'] = await median((i) =>
    node.at(i & 1 ? 'a' : 'b'),
  );
  const began = performance.now();
  for (let n = 1; n <= BINDINGS; n++) await agent.bind(n);
  result['HA: bindings installed a second'] = (BINDINGS * 1000) / (performance.now() - began);
  await node.close();
  await agent.close();
  return result;
}

async function requests(end, act) {
  const count = () => Object.values(end.operations()).reduce((a, b) => a + b, 0);
  const before = count();
  await act();
  return count() - before;
}

async function median(act) {
  const all = [];
  for (let i = 0; i < HANDOVERS; i++) {
    const began = performance.now();
    await act(i);
    all.push(performance.now() - began);
  }
  return all.sort((a, b) => a - b)[HANDOVERS / 2];
}
