// The part of bench/handover-datapath.js that runs in the guest.
import { HomeAgent } from '../dist/src/core/ha/home-agent.js';
import { HOME_AGENT_DEFAULTS } from '../dist/src/core/ha/options.js';
import { encodeMobilityPacket } from '../dist/src/wire/mobility-packet.js';
import { BU_FLAG } from '../dist/src/wire/mobility/flag.js';
import { AGENT, HOME, newHomeAgent, newMobileNode } from './mobile-pair.js';
import { table } from './measure.js';

const HANDOVERS = 200;
const BINDINGS = 1000;
const HOME_LINK = {
  name: 'home0',
  index: 2,
  up: true,
  mac: '02:00:00:00:00:01',
  mtu: 1500,
  carrierUps: 1,
  addresses: [{ address: AGENT, prefixLength: 64 }],
};

const rows = [['', 'kernel', 'userspace', 'kernel beside userspace']];
const [kernel, userspace] = [await measure('kernel'), await measure('userspace')];
for (const [name, digits] of [
  ['MN: netlink requests a handover', 0],
  ['HA: netlink requests a handover', 0],
  ['MN: ms from acknowledgement to tunnel moved', 2],
  ['HA: ms from Binding Update received to datapath ready', 2],
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
  result['HA: ms from Binding Update received to datapath ready'] = await fromUpdateToReady(way);
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

/** Octets into the role, and what it declares into the kernel; the acknowledgement would leave next. */
async function fromUpdateToReady(way) {
  const { world, close } = await newHomeAgent(way);
  const role = new HomeAgent(
    {
      ...HOME_AGENT_DEFAULTS,
      address: AGENT,
      address4: null,
      homeLinks: [{ link: 'home0', prefix: { address: '2001:db8:a::', length: 64 } }],
      acl: [],
      acceptIpv4: [],
      dsmip: false,
      dadMode: 'off',
    },
    { octets: (n) => new Uint8Array(n), fraction: () => 0 },
  );
  let now = 0;
  role.start([HOME_LINK], new Map(), now);
  const serve = async () => {
    let declared = 0;
    for (let e = role.pollEffect(); e; e = role.pollEffect()) {
      if (e.kind !== 'datapath') continue;
      declared++;
      await world.datapath.apply(e.want);
    }
    return declared;
  };
  const update = async (i) => {
    const message = {
      kind: 'bindingUpdate',
      sequence: i + 1,
      flags: BU_FLAG.acknowledge | BU_FLAG.home,
      lifetime: 420,
      options: [],
    };
    const path = { source: i & 1 ? '2001:db8:1::2' : '2001:db8:2::2', destination: AGENT };
    const octets = encodeMobilityPacket({ ...path, homeAddress: HOME, message });
    now += 1000;
    const packet = { link: 'net0', octets, arrival: { kind: 'native' }, protected: false };
    role.handle({ kind: 'packet', packet }, now);
    if ((await serve()) === 0) throw new Error('the home agent declared nothing');
  };
  await serve();
  const middle = await median(update);
  await close();
  return middle;
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
