import { describe, expect, it } from 'vitest';
import { ipv4, mac, type MacAddress } from '../../../src/base/address.js';
import type { DhcpIngress } from '../../../src/core/ingress.js';
import { DhcpSurvey, MAX_SURVEYED_OFFERS } from '../../../src/core/mn/dhcp-survey.js';
import type { DhcpMessage } from '../../../src/wire/dhcpv4/message.js';
import { at, drive } from '../../helpers/drive.js';
import {
  answer,
  GATEWAY,
  OWN,
  random,
  SECOND,
  SERVER,
  STRANGER,
  type Terms,
} from './dhcp-bench.js';
import { readDhcp, say } from './say.js';

it('discovers once a second, collects every offer, and requests nothing', () => {
  const { survey, trace, offer } = bench();
  const lines = trace(0, 0);
  offer(0.01, GATEWAY, { more: [{ kind: 'renewalTime', seconds: 60 }] });
  offer(0.02, GATEWAY, {}); // once more
  offer(0.5, STRANGER, { server: SECOND, address: ipv4('10.0.0.9'), router: null, lease: 1200 });
  lines.push(...trace(0.5, 60));
  expect(lines).toEqual(['0', '1', '2'].map((t) => `${t} DHCP eth0 discover`));
  expect(survey.done).toBe(true);
  expect(survey.offers).toMatchObject([
    { server: SERVER, serverMac: GATEWAY, address: '10.0.0.5', t1: 60, t2: 525, after: 10 },
    { server: SECOND, serverMac: STRANGER, router: null, lifetime: 1200, t1: 600, after: 500 },
  ]);
});

describe('what is no offer', () => {
  it.each([
    { what: 'another transaction', part: { xid: 1 } },
    { what: 'another client', part: { clientHardware: STRANGER } },
    { what: 'a request', part: { op: 1 as const } },
    { what: 'no address', part: { yourAddress: ipv4('0.0.0.0') } },
    { what: 'no server', part: { options: [{ kind: 'messageType', type: 'offer' } as const] } },
  ])('$what', ({ part }) => {
    const { survey, trace, offer } = bench();
    trace(0, 0);
    offer(0.01, GATEWAY, {}, part);
    expect(survey.offers).toEqual([]);
  });

  it('whatever comes after the end', () => {
    const { survey, trace, offer } = bench();
    trace(0, 60);
    offer(60, GATEWAY, {});
    expect(survey.offers).toEqual([]);
  });
});

it('a flood is cut off', () => {
  const { survey, trace, offer } = bench();
  trace(0, 0);
  for (let i = 1; i < 250; i++) offer(0.01, GATEWAY, { address: ipv4(`10.0.0.${i}`) });
  expect(survey.offers).toHaveLength(MAX_SURVEYED_OFFERS);
});

function bench() {
  const survey = new DhcpSurvey('eth0', OWN, 3000, random(), at(0));
  const sent: DhcpMessage[] = [];
  const trace = (from: number, until: number): string[] =>
    [...drive(survey, at(from), at(until))].map(([t, e]) => {
      sent.push(readDhcp(e));
      return `${t} ${say(e)}`;
    });
  const offer = (
    second: number,
    linkSource: MacAddress,
    terms: Partial<Terms>,
    part: Partial<DhcpMessage> = {},
  ): void => {
    const ingress: DhcpIngress = {
      kind: 'dhcp',
      link: 'eth0',
      linkSource: mac(linkSource),
      source: terms.server ?? SERVER,
      destination: ipv4('255.255.255.255'),
      message: answer(sent.at(-1)!, 'offer', terms, part),
    };
    survey.handle(ingress, at(second));
  };
  return { survey, trace, offer };
}
