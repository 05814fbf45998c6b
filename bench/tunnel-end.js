// One process of bench/tunnel.js, told by its arguments what to be and by messages what to do.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { TUNNEL_LINK } from '../dist/src/core/datapath/model.js';
import { LinuxWorld } from '../dist/src/linux/index.js';

const [, , role, text] = process.argv;
const options = JSON.parse(text);
const HOME = '2001:db8:a::100';
const PORT = 4191;

const ROLES = { sink, relay, source, mobile: () => world(true), home: () => world(false) };
const doing = await ROLES[role]();
process.on('message', async ({ what, ...more }) => {
  if (what === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send({ micros: user + system });
  } else if (what === 'end') {
    await doing.end?.();
    process.exit(0);
  } else process.send(await doing[what](more));
});
process.send('ready');

async function sink() {
  let packets = 0;
  const socket = await bound(options.address, options.port);
  socket.on('message', () => packets++);
  return {
    count: async () => {
      await new Promise((done) => setTimeout(done, 300)); // what is still on its way
      return { packets };
    },
  };
}

async function relay() {
  const socket = await bound('0.0.0.0', options.port);
  socket.on('message', (octets) => socket.send(octets, options.toPort, options.to));
  return {};
}

async function source() {
  const socket = await bound(options.from, 0);
  const octets = Buffer.alloc(options.size - (isIPv6(options.from) ? 48 : 28));
  return {
    /** As many as the machine takes, in bursts that leave the others their turn. */
    go: ({ millis }) =>
      new Promise((done) => {
        const until = Date.now() + millis;
        const burst = () => {
          if (Date.now() >= until) return done({});
          let left = BURST;
          for (let i = 0; i < BURST; i++) {
            socket.send(octets, options.port, options.to, () => {
              if (--left === 0) setImmediate(burst);
            });
          }
        };
        burst();
      }),
  };
}

async function world(mobile) {
  const w = await LinuxWorld.open({
    name: `bench-${process.pid}`,
    links: ['eth0'],
    storeFile: null,
    stateFile: `/tmp/mip6-bench-${process.pid}.json`,
    onEvent: () => {},
  });
  w.listen(() => {});
  const udp = options.kind === 'udp';
  const [m, h] = udp ? ['192.0.2.2', '192.0.2.1'] : ['2001:db8:1::2', '2001:db8:1::1'];
  const [local, remote] = mobile ? [m, h] : [h, m];
  const home = { address: HOME, length: 128 };
  const own = mobile ? { source: home } : { destination: home };
  const other = mobile ? { destination: home } : { source: home };
  const items = [
    { kind: 'signalling', addresses: [local], udp: udp ? { address: null, port: PORT } : null },
    {
      kind: 'tunnel',
      key: HOME,
      local,
      remote,
      send: [own],
      accept: [other],
      pathMtu: 1500,
      ...(udp && { udp: { localPort: PORT, remotePort: PORT } }),
    },
  ];
  if (mobile) {
    items.push(
      { kind: 'address', link: TUNNEL_LINK, address: HOME, prefixLength: 128, onLinkPrefix: false },
      {
        kind: 'route',
        table: 'home',
        destination: { address: '::', length: 0 },
        link: TUNNEL_LINK,
        metric: 64,
      },
      { kind: 'rule', priority: 1001, from: home, table: 'home' },
    );
  } else
    items.push({ kind: 'route', table: 'main', destination: home, link: TUNNEL_LINK, metric: 64 });
  await w.datapath.apply({ items });
  return {
    end: async () => {
      await w.datapath.clean();
      await w.close();
    },
  };
}

function bound(address, port) {
  return new Promise((done, fail) => {
    const socket = createSocket({
      type: isIPv6(address) ? 'udp6' : 'udp4',
      recvBufferSize: 4 << 20,
    });
    socket.once('error', fail);
    socket.bind(port, address, () => done(socket));
  });
}

const BURST = 64;
