// The user space tunnel between two namespaces, beside a plain `dgram` forwarder of the same packets in the same run: what each end
// spends a packet, and how many arrive a second. Needs root.
import { execFileSync, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { table } from './measure.js';

const MILLIS = 2000;
const END = fileURLToPath(new URL('./tunnel-end.js', import.meta.url));

export default async function tunnel() {
  if (process.getuid?.() !== 0) {
    console.log('skipped: namespaces and TUN devices want root');
    return;
  }
  const near = `mip6b-${process.pid}-near`;
  const far = `mip6b-${process.pid}-far`;
  const children = [];
  try {
    build(near, far);
    const rows = [
      ['octets', 'how', 'packets/s', 'in: CPU µs', 'out: CPU µs', 'sender side beside dgram'],
    ];
    for (const size of [100, 1400]) {
      const floor = await plain(size);
      rows.push([size, 'dgram forwarder', floor.rate, floor.cost, '', '1.0x']);
      for (const kind of ['ipv6', 'udp']) {
        for (const way of ['near', 'far']) {
          const [a, b] = way === 'near' ? [near, far] : [far, near];
          const r = await tunnelled(kind, size, a, b, way);
          const label = `${kind === 'udp' ? 'UDP tunnel' : 'IPv6 tunnel'}, ${way === 'near' ? 'MN to HA' : 'HA to MN'}`;
          rows.push([
            size,
            label,
            r.rate,
            r.encapsulate,
            r.decapsulate,
            `${(r.encapsulate / floor.cost).toFixed(1)}x`,
          ]);
        }
      }
    }
    table(rows);
  } finally {
    for (const child of children) child.kill();
    for (const name of [near, far]) execFileSync('ip', ['netns', 'del', name]);
  }

  async function plain(size) {
    const sink = await start(far, 'sink', { address: '192.0.2.1', port: 6000 });
    const relay = await start(near, 'relay', { port: 6001, to: '192.0.2.1', toPort: 6000 });
    const source = await start(near, 'source', {
      from: '192.0.2.2',
      to: '192.0.2.2',
      port: 6001,
      size,
    });
    const before = await ask(relay, 'cpu');
    const { packets } = await blast(source, sink);
    const after = await ask(relay, 'cpu');
    await stop(sink, relay, source);
    return {
      rate: Math.round((packets * 1000) / MILLIS),
      cost: round((after.micros - before.micros) / packets),
    };
  }

  async function tunnelled(kind, size, a, b, way) {
    const ends = [
      await start(near, 'mobile', { kind, netns: near }),
      await start(far, 'home', { kind, netns: far }),
    ];
    const [from, to] =
      way === 'near' ? ['2001:db8:a::100', '2001:db8:a::1'] : ['2001:db8:a::1', '2001:db8:a::100'];
    const sink = await start(b, 'sink', { address: to, port: 6000 });
    const source = await start(a, 'source', { from, to, port: 6000, size });
    const [send, receive] = way === 'near' ? ends : [ends[1], ends[0]];
    const before = [await ask(send, 'cpu'), await ask(receive, 'cpu')];
    const { packets } = await blast(source, sink);
    const after = [await ask(send, 'cpu'), await ask(receive, 'cpu')];
    await stop(sink, source, ...ends);
    return {
      rate: Math.round((packets * 1000) / MILLIS),
      encapsulate: round((after[0].micros - before[0].micros) / packets),
      decapsulate: round((after[1].micros - before[1].micros) / packets),
    };
  }

  async function blast(source, sink) {
    await ask(source, 'go', { millis: MILLIS });
    const { packets } = await ask(sink, 'count');
    if (packets === 0) throw new Error('nothing arrived');
    return { packets };
  }

  function start(namespace, role, options) {
    const child = fork(END, [role, JSON.stringify(options)], {
      execPath: '/bin/sh',
      execArgv: ['-c', `exec ip netns exec ${namespace} ${process.execPath} "$0" "$@"`],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.push(child);
    return new Promise((done, fail) => {
      child.once('exit', () => fail(new Error(`${role} ended`)));
      child.once('message', () => done(child));
    });
  }
}

function build(near, far) {
  const sh = (line) => execFileSync('/bin/sh', ['-c', line]);
  sh(`ip netns add ${near} && ip netns add ${far}`);
  for (const name of [near, far]) {
    sh(
      `ip netns exec ${name} sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0`,
    );
    sh(`ip -n ${name} link set lo up`);
  }
  sh(`ip -n ${near} link add eth0 type veth peer name eth0 netns ${far}`);
  sh(
    `ip -n ${near} addr add 2001:db8:1::2/64 dev eth0 nodad && ip -n ${near} addr add 192.0.2.2/24 dev eth0`,
  );
  sh(
    `ip -n ${far} addr add 2001:db8:1::1/64 dev eth0 nodad && ip -n ${far} addr add 192.0.2.1/24 dev eth0`,
  );
  sh(`ip -n ${far} addr add 2001:db8:a::1/128 dev lo`);
  sh(`ip -n ${near} link set eth0 up && ip -n ${far} link set eth0 up`);
}

function ask(child, what, options = {}) {
  return new Promise((done) => {
    child.once('message', done);
    child.send({ what, ...options });
  });
}

function stop(...children) {
  return Promise.all(
    children.map((child) => {
      child.removeAllListeners('exit');
      return new Promise((done) => {
        child.once('exit', done);
        child.send({ what: 'end' });
      });
    }),
  );
}

const round = (n) => Number(n.toFixed(2));
