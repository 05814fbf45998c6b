import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4, mac, UNSPECIFIED4 } from '../../../src/base/address.js';
import { UsageError } from '../../../src/base/error.js';
import {
  decodeDhcp,
  DHCP_OPTIONS,
  dhcpType,
  encodeDhcp,
  findDhcpOption,
} from '../../../src/wire/dhcpv4/codec.js';
import type { DhcpMessage, DhcpOption } from '../../../src/wire/dhcpv4/message.js';
import {
  anyIpv4,
  anyMac,
  anyU16,
  anyU32,
  anyU8,
  hex,
  refusesEveryCut,
  survives,
} from '../octets.js';

const SERVER = ipv4('192.0.2.1');
const HEAD = {
  xid: 0x3903f326,
  secs: 0,
  broadcast: true,
  clientAddress: UNSPECIFIED4,
  relayAddress: UNSPECIFIED4,
  clientHardware: mac('02:00:00:00:00:01'),
};
const zeros = (n: number) => '00'.repeat(n);
const CHADDR = `020000000001${zeros(10)}`;

/** The offer and the refusal are of dnsmasq 2.90, in answer to ours; tshark 4.0 splits ours the same way. */
const VECTORS: { what: string; message: DhcpMessage; wire: string }[] = [
  {
    what: 'a DISCOVER',
    message: {
      ...HEAD,
      op: 1,
      yourAddress: UNSPECIFIED4,
      serverAddress: UNSPECIFIED4,
      options: [
        { kind: 'messageType', type: 'discover' },
        { kind: 'clientIdentifier', data: hex('01020000000001') },
        { kind: 'parameterRequest', codes: [1, 3, 6, 26, 51, 54, 58, 59, 121] },
      ],
    },
    wire: `01010600 3903f326 0000 8000 ${zeros(16)} ${CHADDR} ${zeros(192)} 63825363
      350101 3d0701020000000001 37090103061a33363a3b79 ff ${zeros(36)}`,
  },
  {
    what: 'the OFFER of dnsmasq',
    message: {
      ...HEAD,
      op: 2,
      yourAddress: ipv4('192.0.2.55'),
      serverAddress: SERVER,
      options: [
        { kind: 'messageType', type: 'offer' },
        { kind: 'serverIdentifier', address: SERVER },
        { kind: 'leaseTime', seconds: 3600 },
        { kind: 'renewalTime', seconds: 1800 },
        { kind: 'rebindingTime', seconds: 3150 },
        { kind: 'subnetMask', mask: ipv4('255.255.255.0') },
        { kind: 'unknown', type: 28, data: hex('c00002ff') },
        { kind: 'router', addresses: [SERVER] },
        {
          kind: 'classlessRoutes',
          routes: [
            { destination: ipv4('198.51.100.0'), prefixLength: 24, router: ipv4('192.0.2.254') },
            { destination: ipv4('10.0.0.0'), prefixLength: 8, router: ipv4('192.0.2.253') },
          ],
        },
        { kind: 'interfaceMtu', mtu: 1400 },
        { kind: 'dnsServer', addresses: [ipv4('192.0.2.53')] },
      ],
    },
    wire: `02010600 3903f326 0000 8000 00000000 c0000237 c0000201 00000000 ${CHADDR} ${zeros(192)}
      63825363 350102 3604c0000201 330400000e10 3a0400000708 3b0400000c4e 0104ffffff00
      1c04c00002ff 0304c0000201 790e18c63364c00002fe080ac00002fd 1a020578 0604c0000235 ff`,
  },
  {
    what: 'the NAK of dnsmasq',
    message: {
      ...HEAD,
      op: 2,
      yourAddress: UNSPECIFIED4,
      serverAddress: UNSPECIFIED4,
      options: [
        { kind: 'messageType', type: 'nak' },
        { kind: 'serverIdentifier', address: SERVER },
        { kind: 'unknown', type: 56, data: hex('77726f6e672061646472657373') },
      ],
    },
    wire: `02010600 3903f326 0000 8000 ${zeros(16)} ${CHADDR} ${zeros(192)} 63825363
      350106 3604c0000201 380d77726f6e672061646472657373 ff ${zeros(35)}`,
  },
];

describe.each(VECTORS)('$what', ({ message, wire }) => {
  it('reads both ways', () => {
    expect(decodeDhcp(hex(wire))).toEqual(message);
    expect(encodeDhcp(message)).toEqual(hex(wire));
  });

  // From the end option on there is nothing left to miss.
  const end = 240 + message.options.reduce((sum, o) => sum + sizeOf(o), 0);
  const starts = optionStarts(message);

  it('is refused when cut anywhere but between options', () => {
    for (let n = 0; n < end; n++) {
      const cut = hex(wire).subarray(0, n);
      if (starts.includes(n)) expect(() => decodeDhcp(cut)).not.toThrow();
      else expect(() => decodeDhcp(cut), `cut at ${n}`).toThrow(/WIRE_TRUNCATED/);
    }
  });

  refusesEveryCut(hex(wire).subarray(0, 240), decodeDhcp);
});

describe('options', () => {
  const withOptions = (text: string, { file = '', sname = '' } = {}) =>
    decodeDhcp(
      hex(
        `01010600 00000001 0000 0000 ${zeros(16)} ${CHADDR}
         ${sname}${zeros(64 - hex(sname).length)} ${file}${zeros(128 - hex(file).length)} 63825363 ${text}`,
      ),
    ).options;

  it('in file, then sname, are read when option 52 says so, RFC 2131 §4.1', () => {
    const parts = { file: '3204c000020a ff', sname: '330400000e10 ff' };
    const kinds = (text: string) => withOptions(text, parts).map((option) => option.kind);
    expect(kinds('350101 340101 ff')).toEqual(['messageType', 'requestedAddress']);
    expect(kinds('350101 340102 ff')).toEqual(['messageType', 'leaseTime']);
    expect(kinds('350101 340103 ff')).toEqual(['messageType', 'requestedAddress', 'leaseTime']);
    expect(kinds('350101 ff')).toEqual(['messageType']);
  });

  it('in parts are one option, across the fields too, RFC 3396 §5', () => {
    const options = withOptions('0304c0000201 340101 0304c0000202 ff', { file: '0304c0000203 ff' });
    const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    expect(options).toEqual([{ kind: 'router', addresses }]);
  });

  it('longer than 255 octets go out in parts, RFC 3396 §7', () => {
    const data = Uint8Array.from({ length: 600 }, (_, i) => i);
    const option: DhcpOption = { kind: 'unknown', type: 43, data };
    const wire = encodeDhcp({ ...VECTORS[0]!.message, options: [option] });
    expect([wire[240], wire[241], wire[497], wire[498], wire[754], wire[755]]).toEqual([
      43, 255, 43, 255, 43, 90,
    ]);
    expect(decodeDhcp(wire).options).toEqual([option]);
  });

  it('of one code read whole and of a wrong length stay unknown', () => {
    expect(withOptions('3203c00002 1a0105 3501ff 0303c00002 ff')).toEqual([
      { kind: 'unknown', type: 50, data: hex('c00002') },
      { kind: 'unknown', type: 26, data: hex('05') },
      { kind: 'unknown', type: 53, data: hex('ff') },
      { kind: 'unknown', type: 3, data: hex('c00002') },
    ]);
  });

  it.each(['21 c0000201c0 00 c0000201', '18 c63364 c00002'])(
    'of classless routes that do not come out even stay unknown, RFC 3442: %s',
    (routes) => {
      const data = hex(routes);
      const option = `79${data.length.toString(16).padStart(2, '0')}${routes}`;
      expect(withOptions(`${option} ff`)).toEqual([{ kind: 'unknown', type: 121, data }]);
    },
  );

  it.each([
    { prefixLength: 0, destination: '0.0.0.0', wire: '00' },
    { prefixLength: 8, destination: '10.0.0.0', wire: '080a' },
    { prefixLength: 24, destination: '10.0.0.0', wire: '180a0000' },
    { prefixLength: 16, destination: '10.17.0.0', wire: '100a11' },
    { prefixLength: 24, destination: '10.27.129.0', wire: '180a1b81' },
    { prefixLength: 25, destination: '10.229.0.128', wire: '190ae50080' },
    { prefixLength: 32, destination: '10.198.122.47', wire: '200ac67a2f' },
  ])(
    'give $destination/$prefixLength as RFC 3442 has it',
    ({ prefixLength, destination, wire }) => {
      const routes = [{ destination: ipv4(destination), prefixLength, router: SERVER }];
      const option: DhcpOption = { kind: 'classlessRoutes', routes };
      const octets = encodeDhcp({ ...VECTORS[0]!.message, options: [option] });
      const data = hex(`${wire}c0000201`);
      expect(octets.subarray(240, 242 + data.length)).toEqual(
        Uint8Array.of(121, data.length, ...data),
      );
      expect(decodeDhcp(octets).options).toEqual([option]);
    },
  );

  it('lose trailing NULs of names, RFC 2132 §2', () => {
    expect(withOptions('0c05 6d6e3100 00 ff')).toEqual([{ kind: 'hostName', name: 'mn1' }]);
  });

  it('end with the message when no end option stands', () => {
    expect(withOptions('350101').map((option) => option.kind)).toEqual(['messageType']);
  });

  it('own their octets, so that they may be kept', () => {
    const octets = hex(VECTORS[0]!.wire);
    const { options } = decodeDhcp(octets);
    octets.fill(0);
    expect(findDhcpOption(options, 'clientIdentifier')?.data).toEqual(hex('01020000000001'));
  });

  it('have one row each, with numbers of their own', () => {
    const types = Object.values(DHCP_OPTIONS).map((row) => row.type);
    expect(new Set(types).size).toBe(types.length);
  });
});

it.each([
  { what: 'op', at: 0, offset: 0 },
  { what: 'hardware type', at: 1, offset: 1 },
  { what: 'hardware length', at: 2, offset: 1 },
  { what: 'magic cookie', at: 239, offset: 236 },
])('refuses another $what', ({ at, offset }) => {
  const octets = hex(VECTORS[0]!.wire);
  octets[at] = 9;
  const expected = expect.objectContaining({ code: 'WIRE_VALUE', offset });
  expect(() => decodeDhcp(octets)).toThrow(expected);
});

it('will not make a message that no frame carries', () => {
  const option: DhcpOption = { kind: 'unknown', type: 43, data: new Uint8Array(1300) };
  expect(() => encodeDhcp({ ...VECTORS[0]!.message, options: [option] })).toThrow(UsageError);
});

it('tells the message type', () => {
  expect(VECTORS.map(({ message }) => dhcpType(message))).toEqual(['discover', 'offer', 'nak']);
  expect(dhcpType({ ...VECTORS[0]!.message, options: [] })).toBeUndefined();
});

it('gives back any message whose options are each there once', () => {
  const address = fc.record({ address: anyIpv4 });
  const time = fc.record({ seconds: anyU32 });
  const addresses = fc.array(anyIpv4, { minLength: 1, maxLength: 4 });
  const of = <K extends DhcpOption['kind'], T>(kind: K, rest: fc.Arbitrary<T>) =>
    rest.map((fields) => ({ kind, ...fields }) as unknown as DhcpOption);
  const option = fc.oneof(
    of('subnetMask', fc.record({ mask: anyIpv4 })),
    of('router', fc.record({ addresses })),
    of('dnsServer', fc.record({ addresses })),
    of('hostName', fc.record({ name: fc.stringMatching(/^[a-z]{1,20}$/) })),
    of('interfaceMtu', fc.record({ mtu: anyU16 })),
    of('requestedAddress', address),
    of('leaseTime', time),
    of('messageType', fc.record({ type: fc.constantFrom('discover', 'offer', 'ack', 'inform') })),
    of('serverIdentifier', address),
    of('parameterRequest', fc.record({ codes: fc.array(anyU8, { minLength: 1, maxLength: 9 }) })),
    of('maximumMessageSize', fc.record({ size: anyU16 })),
    of('renewalTime', time),
    of('rebindingTime', time),
    of('clientIdentifier', fc.record({ data: fc.uint8Array({ minLength: 2, maxLength: 20 }) })),
    of(
      'unknown',
      fc.record({ type: fc.constantFrom(43, 60, 82, 125), data: fc.uint8Array({ maxLength: 50 }) }),
    ),
  );
  const key = (o: DhcpOption) => (o.kind === 'unknown' ? o.type : o.kind);
  const message = fc.record({
    op: fc.constantFrom(1 as const, 2 as const),
    xid: anyU32,
    secs: anyU16,
    broadcast: fc.boolean(),
    clientAddress: anyIpv4,
    yourAddress: anyIpv4,
    serverAddress: anyIpv4,
    relayAddress: anyIpv4,
    clientHardware: anyMac,
    options: fc.uniqueArray(option, { maxLength: 8, selector: key }),
  });
  fc.assert(
    fc.property(message, (m) => {
      const wire = encodeDhcp(m);
      expect(wire.length).toBeGreaterThanOrEqual(300); // RFC 1542 §2.1
      expect(decodeDhcp(wire)).toEqual(m);
    }),
  );
});

survives(
  decodeDhcp,
  VECTORS.map(({ wire }) => hex(wire)),
);

function optionStarts({ options }: DhcpMessage): number[] {
  let at = 240;
  return [at, ...options.map((option) => (at += sizeOf(option)))];
}

function sizeOf(option: DhcpOption): number {
  const wire = encodeDhcp({ ...VECTORS[0]!.message, options: [option] });
  return 2 + wire[241]!;
}
