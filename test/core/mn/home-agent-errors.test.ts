/** Binding Errors and Parameter Problems, true and forged: RFC 6275 §11.3.5, §11.3.6. */
import { describe, expect, it } from 'vitest';
import { ipv6, type Ipv6 } from '../../../src/base/address.js';
import { encodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import type { BindingError } from '../../../src/wire/mobility/message.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import { PROTOCOL } from '../../../src/wire/protocol.js';
import { HOA, HOME_AGENT, ScriptedNetwork, network, type Network } from './scripted-network.js';

describe('a Binding Error of the home agent', () => {
  it('"unknown binding" has the Binding Update sent again; the tunnel stays meanwhile', () => {
    const net = bound();
    const { tunnel } = net;
    bindingError(net, {});
    expect(net.tunnel).toEqual(tunnel);
    expect(sent(net.run(6))).toBe(2);
    expect(net.take('BINDING_ERROR')).toHaveLength(1);
    expect(state(net)).toBe('bound');
  });

  it('"unrecognized type" is told, and nothing follows', () => {
    const net = bound();
    bindingError(net, { status: 2, homeAddress: ipv6('::') });
    expect(sent(net.run(6))).toBe(1);
    expect(net.take('BINDING_ERROR')).toHaveLength(1);
    expect(state(net)).toBe('bound');
  });

  it.each<[string, Parameters<typeof bindingError>[1]]>([
    ['from somebody else', { source: STRANGER }],
    ['about another home address', { homeAddress: ipv6('2001:db8:1::99') }],
    ['about none', { homeAddress: ipv6('::') }],
    ['to the home address', { destination: HOA }],
    ['to a care-of address that was left', { destination: OTHER }],
  ])('%s is ignored', (_, part) => {
    const net = bound();
    bindingError(net, part);
    expect(sent(net.run(6))).toBe(1);
    expect(net.take('BINDING_ERROR')).toEqual([]);
  });

  it('makes few Binding Updates, however many come', () => {
    const net = bound();
    for (let t = 5; t < 35; t += 0.5) {
      bindingError(net, {});
      net.run(t);
    }
    expect(sent(net)).toBeLessThanOrEqual(1 + 6);
    expect(state(net)).toBe('bound');
  });
});

describe('a Parameter Problem about the Binding Update', () => {
  it('without Mobility Header ends the retransmissions for a minute', () => {
    const net = asking();
    problem(net, {});
    expect(state(net)).toBe('refused');
    expect(net.take('PARAMETER_PROBLEM')).toHaveLength(1);
    const before = sent(net);
    expect(sent(net.run(60))).toBe(before);
    expect(sent(net.run(62))).toBe(before + 1);
  });

  it('and a new care-of address is tried at once', () => {
    const net = asking();
    problem(net, {});
    const before = sent(net);
    net.plug('eth0', network({ prefixes: ['2001:db8:b::/64'] }));
    expect(sent(net.run(4))).toBeGreaterThan(before);
  });

  it('does not end a binding, nor keep it from being refreshed', () => {
    const net = bound();
    net.homeAgent = () => undefined;
    bindingError(net, {}); // has an update sent
    problem(net, {});
    expect(state(net)).toBe('pending');
    expect(net.tunnel).toBeDefined();
    net.homeAgent = () => ({});
    net.run(10);
    expect(state(net)).toBe('bound');
  });

  it('without Home Address option is told, and asking goes on', () => {
    const net = asking();
    problem(net, { code: 2, at: 201 });
    expect(state(net)).toBe('pending');
    expect(net.take('PARAMETER_PROBLEM')).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof problem>[1]]>([
    ['from somebody else', { source: STRANGER }],
    ['of another code', { code: 0 }],
    ['that points elsewhere', { pointer: 0 }],
    ['that points beyond the packet', { pointer: 0xffffffff }],
    ['to the home address', { destination: HOA }],
    ['about another sequence number', { change: (q) => (q[MOBILITY_AT + 7]! ^= 1) }],
    ['about another message', { change: (q) => (q[MOBILITY_AT + 2] = 1) }],
    ['about another home address', { change: (q) => (q[MOBILITY_AT - 1]! ^= 1) }],
    ['about a packet from another address', { change: (q) => (q[8 + 15]! ^= 1) }],
    ['about a packet to another address', { change: (q) => (q[24 + 15]! ^= 1) }],
    ['with too little of the packet', { cut: MOBILITY_AT + 7 }],
    ['with nothing of the packet', { cut: 0 }],
  ])('%s is ignored', (_, part) => {
    const net = asking();
    problem(net, part);
    expect(state(net)).toBe('pending');
    expect(net.take('PARAMETER_PROBLEM')).toEqual([]);
  });
});

/** Registered in network A, at 3 s. */
function bound(): ScriptedNetwork {
  const net = new ScriptedNetwork({});
  net.plug('eth0', network({ prefixes: ['2001:db8:a::/64'] }));
  net.run(3);
  expect(state(net)).toBe('bound');
  return net;
}

/** Unanswered in network A, after one Binding Update. */
function asking(): ScriptedNetwork {
  const net = new ScriptedNetwork({});
  net.homeAgent = () => undefined;
  net.plug('eth0', network({ prefixes: ['2001:db8:a::/64'] } satisfies Partial<Network>));
  net.run(1);
  expect([state(net), sent(net)]).toEqual(['pending', 1]);
  return net;
}

function bindingError(
  net: ScriptedNetwork,
  {
    source = HOME_AGENT,
    destination = COA,
    status = 1,
    homeAddress = HOA,
  }: Partial<Pick<BindingError, 'status' | 'homeAddress'>> & { source?: Ipv6; destination?: Ipv6 },
): void {
  const message: BindingError = { kind: 'bindingError', status, homeAddress, options: [] };
  const octets = encodeMobilityPacket({ source, destination, message });
  const arrival = { kind: 'native' } as const;
  net.input({ kind: 'packet', packet: { link: 'eth0', octets, arrival, protected: false } });
}

/** About the last Binding Update; true in all that `part` does not say. */
function problem(
  net: ScriptedNetwork,
  part: {
    source?: Ipv6;
    destination?: Ipv6;
    code?: number;
    /** The octet that it points at. */
    at?: number;
    pointer?: number;
    change?: (quoted: Uint8Array) => void;
    cut?: number;
  },
): void {
  const { source = HOME_AGENT, destination = COA, code = 1, at = PROTOCOL.mobility } = part;
  const quoted = encodeIpv6(net.updates.at(-1)!.packet);
  const pointer = part.pointer ?? quoted.indexOf(at);
  part.change?.(quoted);
  net.icmpv6(source, destination, {
    kind: 'parameterProblem',
    code,
    pointer,
    quoted: quoted.subarray(0, part.cut),
  });
}

const sent = (net: ScriptedNetwork): number => net.updates.length;
const state = (net: ScriptedNetwork) => net.node.view(net.now).bul[0]?.state;

/** Behind the header and the Home Address option. */
const MOBILITY_AT = 40 + 24;
const COA = ipv6('2001:db8:a::ff:fe00:10');
const OTHER = ipv6('2001:db8:b::ff:fe00:10');
const STRANGER = ipv6('2001:db8:f::bad');
