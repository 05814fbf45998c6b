import { describe, expect, it } from 'vitest';
import { eventNotice } from '../../src/control/view.js';
import { instant } from '../../src/base/time.js';
import type { EventCode, MipEvent } from '../../src/core/event.js';
import { linkUpEvent, timelineOf, type MoveWindow } from '../../src/lab/timeline.js';
import type { Happening } from '../../src/lab/world.js';

const WINDOW: MoveWindow = {
  node: 'mn',
  interface: 'eth0',
  homeAgent: 'ha',
  homeAddress: '2001:db8:a::100',
  from: 1000,
  linkUp: 1010,
  until: 5000,
  firstPacket: 2500,
};
const SIX = { homeAddress: '2001:db8:a::100', careOf: '2001:db8:b::5', link: 'eth0' };
const FOUR = { ...SIX, careOf: '10.1.0.100' };

describe('an IPv6 handover', () => {
  const events = [
    told(400, 'mn', 'LINK_UP', { link: 'eth0' }), // of the move before
    told(1010, 'mn', 'LINK_UP', { link: 'eth0' }),
    told(1012, 'mn', 'ROUTER_SOLICITED', { link: 'eth0' }),
    told(1212, 'mn', 'ROUTER_FOUND', { link: 'eth0' }),
    told(1213, 'mn', 'CARE_OF_CHOSEN', SIX),
    told(1215, 'mn', 'BU_SENT', SIX),
    told(1216, 'ha', 'HA_DAD_STARTED', SIX),
    told(1300, 'ha', 'HA_BOUND', { homeAddress: '2001:db8:a::200' }), // another mobile node's
    told(2216, 'ha', 'HA_BOUND', SIX),
    told(2220, 'mn', 'BA_RECEIVED', SIX),
    told(2221, 'mn', 'BINDING_ACCEPTED', SIX),
  ];

  it('is told phase by phase, from the cable out to the first packet', () => {
    const { phases } = timelineOf(events, WINDOW);
    expect(phases.map((p) => `${p.name} ${p.at} +${p.took}`)).toEqual([
      'link 10 +10',
      'router 212 +202',
      'address 213 +1',
      'update 215 +2',
      'answer 1220 +1005',
      'packet 1500 +280',
    ]);
  });

  it('shows what the router and the home agent made it wait for, each with its clause', () => {
    const { waits } = timelineOf(events, WINDOW);
    expect(waits.map((w) => `${w.who} ${w.took} ${w.clause}`)).toEqual([
      'router 200 RFC 4861 §6.2.6',
      'home agent 1000 RFC 6275 §10.3.1',
    ]);
  });

  it('the times of the phases add up to the whole, whatever order events come in', () => {
    const { phases } = timelineOf([...events].reverse(), WINDOW);
    expect(phases.reduce((sum, p) => sum + p.took, 0)).toBe(phases.at(-1)!.at);
    expect(phases.every((p) => p.took >= 0)).toBe(true);
  });

  it('ends where it got stuck', () => {
    const { phases } = timelineOf(events.slice(0, 6), { ...WINDOW, firstPacket: null });
    expect(phases.map((p) => p.name)).toEqual(['link', 'router', 'address', 'update']);
  });
});

it('an IPv4 handover waits for the DHCP server, though a router turned up as well', () => {
  const { phases, waits } = timelineOf(
    [
      told(1010, 'mn', 'LINK_UP', { link: 'eth0' }),
      told(1011, 'mn', 'DHCP_DISCOVER', { link: 'eth0' }),
      told(1115, 'mn', 'DHCP_BOUND', { link: 'eth0' }),
      told(1115, 'mn', 'CARE_OF_CHOSEN', FOUR),
      told(1116, 'mn', 'BU_SENT', FOUR),
      told(1120, 'mn', 'BA_RECEIVED', FOUR),
      told(1900, 'mn', 'ROUTER_FOUND', { link: 'eth0' }),
    ],
    WINDOW,
  );
  expect(phases.map((p) => p.name)).toEqual([
    'link',
    'lease',
    'address',
    'update',
    'answer',
    'packet',
  ]);
  expect(waits.map((w) => `${w.who} ${w.took}`)).toEqual(['dhcp server 104']);
});

it('a lease that the known gateway proves is no wait for the DHCP server', () => {
  const { phases, waits } = timelineOf(
    [
      told(1010, 'mn', 'LINK_UP', { link: 'eth0' }),
      told(1011, 'mn', 'DHCP_DISCOVER', { link: 'eth0' }),
      told(1012, 'mn', 'GATEWAYS_PROBED', { link: 'eth0', count: 1 }),
      told(1015, 'mn', 'DHCP_BOUND', { link: 'eth0', reason: 'gateway answered' }),
      told(1016, 'mn', 'CARE_OF_CHOSEN', FOUR),
      told(1017, 'mn', 'BU_SENT', FOUR),
      // The server's word comes later, and nothing waited for it.
      told(1120, 'mn', 'DHCP_BOUND', { link: 'eth0' }),
    ],
    { ...WINDOW, firstPacket: null },
  );
  expect(phases.map((p) => `${p.name} +${p.took}`)).toEqual([
    'link +10',
    'lease +5',
    'address +1',
    'update +1',
  ]);
  expect(waits.map((w) => `${w.who} ${w.took} ${w.clause}`)).toEqual(['router 3 RFC 4436 §2.1']);
});

it('coming home ends with the binding removed', () => {
  const { phases } = timelineOf(
    [
      told(1010, 'mn', 'LINK_UP', { link: 'eth0' }),
      told(1030, 'mn', 'ROUTER_FOUND', { link: 'eth0' }),
      told(1031, 'mn', 'RETURNING_HOME', SIX),
      told(1032, 'mn', 'BU_SENT', SIX),
      told(1034, 'mn', 'BINDING_REMOVED', { ...SIX, reason: 'at home' }),
    ],
    { ...WINDOW, firstPacket: null },
  );
  expect(phases.map((p) => `${p.name} ${p.at}`)).toEqual([
    'link 10',
    'router 30',
    'address 31',
    'update 32',
    'answer 34',
  ]);
  expect(phases.at(-1)!.sentence).toBe('the binding of 2001:db8:a::100 is removed: at home');
});

it('a cable that stays out has no phases', () => {
  expect(timelineOf([], { ...WINDOW, linkUp: null })).toEqual({ phases: [], waits: [] });
});

it('the carrier that counts is that of the node, on the interface that moved, after the move began', () => {
  const events = [
    told(900, 'mn', 'LINK_UP', { link: 'eth0' }),
    told(1001, 'ha', 'LINK_UP', { link: 'eth0' }),
    told(1002, 'mn', 'LINK_UP', { link: 'eth1' }),
    told(1003, 'mn', 'LINK_UP', { link: 'eth0' }),
  ];
  expect(linkUpEvent(events, WINDOW)?.at).toBe(1003);
});

function told(at: number, node: string, code: EventCode, fields: MipEvent['fields']): Happening {
  return {
    kind: 'event',
    at,
    node,
    notice: eventNotice({ code, fields }, instant(at), new Date(at), node),
  };
}
