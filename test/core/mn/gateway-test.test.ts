import { expect, it } from 'vitest';
import { ipv4, mac, type MacAddress } from '../../../src/base/address.js';
import { GatewayTest } from '../../../src/core/mn/gateway-test.js';
import type { ProbedNetwork } from '../../../src/core/mn/gateway-probe.js';
import { at, drive } from '../../helpers/drive.js';
import { OWN, STRANGER } from './dhcp-bench.js';
import { say } from './say.js';

const ONE = network(1);
const TWO = network(2);

it('asks each gateway by itself, twice more whoever is silent, and tells how long they took', () => {
  const { test, trace, reply } = bench([ONE, TWO]);
  const lines = trace(0, 0);
  reply(0.002, TWO.gatewayMac, TWO.gateway);
  lines.push(...trace(0.002, 60));
  expect(lines).toEqual([
    '0 ARP eth0 to 02:00:00:00:00:01: request 10.1.0.1 from 10.1.0.7',
    '0 ARP eth0 to 02:00:00:00:00:02: request 10.2.0.1 from 10.2.0.7',
    '0.3 ARP eth0 to 02:00:00:00:00:01: request 10.1.0.1 from 10.1.0.7',
    '0.6 ARP eth0 to 02:00:00:00:00:01: request 10.1.0.1 from 10.1.0.7',
  ]);
  expect(test.answers).toEqual([
    { network: ONE, after: null },
    { network: TWO, after: 2 },
  ]);
});

it('is done when all have answered', () => {
  const { test, trace, reply } = bench([ONE]);
  trace(0, 0);
  reply(0.002, ONE.gatewayMac, ONE.gateway);
  expect(test.done).toBe(true);
  expect(trace(0.002, 60)).toEqual([]);
});

it('a namesake of the gateway is not the gateway', () => {
  const { test, trace, reply } = bench([ONE]);
  trace(0, 0);
  reply(0.002, STRANGER, ONE.gateway);
  reply(0.002, ONE.gatewayMac, TWO.gateway);
  trace(0.002, 60);
  expect([test.done, test.answers[0]!.after]).toEqual([true, null]);
});

it('of nothing is done at once', () => {
  const { test, trace } = bench([]);
  expect([test.done, trace(0, 60), test.answers]).toEqual([true, [], []]);
});

function bench(networks: readonly ProbedNetwork[]) {
  const test = new GatewayTest('eth0', networks, 1000, at(0));
  const trace = (from: number, until: number): string[] =>
    [...drive(test, at(from), at(until))].map(([t, e]) => `${t} ${say(e)}`);
  const reply = (second: number, senderMac: MacAddress, senderAddress: string): void => {
    const message = {
      operation: 'reply',
      senderMac,
      senderAddress: ipv4(senderAddress),
      targetMac: OWN,
      targetAddress: ipv4('10.1.0.7'),
    } as const;
    test.handle({ kind: 'arp', link: 'eth0', linkSource: senderMac, message }, at(second));
  };
  return { test, trace, reply };
}

function network(n: number): ProbedNetwork {
  return {
    gateway: ipv4(`10.${n}.0.1`),
    gatewayMac: mac(`02:00:00:00:00:0${n}`),
    client: OWN,
    lease: { address: ipv4(`10.${n}.0.7`) },
  };
}
