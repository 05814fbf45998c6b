/** The simulated world keeps the contracts that every adapter keeps. */
import { ipv4, ipv6 } from '../../src/base/address.js';
import { after } from '../../src/base/time.js';
import { SimClock } from '../../src/sim/clock.js';
import { Network } from '../../src/sim/network.js';
import { SimWorld } from '../../src/sim/sim-world.js';
import type { WorldBench } from '../ports/bench.js';
import { clockContract } from '../ports/clock-contract.js';
import { datapathContract } from '../ports/datapath-contract.js';
import { linksContract } from '../ports/links-contract.js';
import { packetIoContract } from '../ports/packet-io-contract.js';
import { storeContract } from '../ports/store-contract.js';

clockContract('sim', () => {
  const clock = new SimClock();
  return { clock, pass: (ms) => clock.runUntil(after(clock.now(), ms)) };
});

storeContract('sim', () => {
  const net = new Network();
  const host = net.addHost('h');
  const store = new Map<string, string>();
  const open = () => new SimWorld(host, { name: 'role', store }).store;
  return { store: open(), reopen: open };
});

linksContract('sim', bench);
packetIoContract('sim', bench);
datapathContract('sim', bench);

function bench(): WorldBench {
  const net = new Network('contract');
  net.addLink('lan');
  const end = (name: string, n: number) => {
    const host = net.addHost(name);
    const addresses = [`2001:db8:a::${n}/64`, `192.0.2.${n}/24`];
    net.addInterface(name, 'eth0', { link: 'lan', addresses });
    const world = new SimWorld(host, { name: 'role' });
    return { world, link: 'eth0', ipv6: ipv6(`2001:db8:a::${n}`), ipv4: ipv4(`192.0.2.${n}`) };
  };
  const near = end('near', 1);
  const far = end('far', 2);
  let identifier = 100;
  return {
    near,
    far,
    settle: () => net.runFor(50),
    carrier: (up) => (up ? net.attach('near', 'eth0', 'lan') : net.detach('near', 'eth0')),
    echo: (source, destination) => {
      let answered = false;
      const host = net.host('near');
      const close = host.onEcho(++identifier, () => (answered = true));
      host.sendEcho(source, destination, identifier, 1, new Uint8Array(8));
      net.runFor(4000);
      close();
      return answered;
    },
    crash: () => {
      void near.world.close();
      return new SimWorld(net.host('near'), { name: 'role' });
    },
    close: () => undefined,
  };
}
