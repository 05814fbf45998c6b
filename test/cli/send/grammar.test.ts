/** What is typed for messages, fields, flags and options, as JSON for the encoder; near misses are told. */
import { describe, expect, it } from 'vitest';
import { messageParts } from '../../../src/diagnostics/craft/catalogue.js';
import { craft } from '../../../src/diagnostics/craft/packet.js';
import { describePacket } from '../../../src/diagnostics/describe.js';
import { ipv6 } from '../../../src/base/address.js';
import { readTyped } from '../../../src/cli/send/grammar.js';
import { findMessage } from '../../../src/cli/send/names.js';

describe('a message', () => {
  it.each([
    ['bu', 'mh', 5],
    ['BU', 'mh', 5],
    ['Binding Update', 'mh', 5],
    ['bindingUpdate', 'mh', 5],
    ['binding-update', 'mh', 5],
    ['5', 'mh', 5],
    ['99', 'mh', 99],
    ['mh144', 'mh', 144],
    ['144', 'icmpv6', 144],
    ['dhaad-reply', 'icmpv6', 145],
    ['Mobile Prefix Solicitation', 'icmpv6', 146],
  ])('%s is %s %i', (text, layer, type) => {
    expect(findMessage(text)).toMatchObject({ layer, type });
  });

  it.each([
    ['bux', 'There is no message "bux". Did you mean "bu"?'],
    ['binding updat', 'Did you mean "Binding Update"?'],
    ['256', '"mip6 send --fields" lists them.'],
    ['', 'There is no message "".'],
  ])('%s is none', (text, said) => {
    expect(() => findMessage(text)).toThrow(said);
  });
});

describe('fields, flags and options', () => {
  it.each([
    ['field', 'lifetime=600', { lifetime: 600 }],
    ['field', 'LIFETIME=0x10', { lifetime: 16 }],
    ['field', 'flags=0', { flags: 0 }],
    ['field', 'flags=AK', { flags: 'AK' }],
    ['field', 'header-length=9', { headerLength: 9 }],
    ['flag', 'A', { flags: 'A' }],
    ['flag', 'ahl', { flags: 'AHL' }],
    ['flag', 'mobile router', { flags: 'R' }],
  ] as const)('--%s %s', (what, text, fields) => {
    expect(typed('bu', { [what]: [text] }).fields).toEqual(fields);
  });

  it.each([
    ['dhaad-reply', 'addresses=2001:db8::1,2001:db8::2', ['2001:db8::1', '2001:db8::2']],
    ['dhaad-reply', 'addresses=["2001:db8::1"]', ['2001:db8::1']],
    ['has', 'addresses=', []],
  ])('%s: %s is a list', (message, text, addresses) => {
    expect(typed(message, { field: [text] }).fields).toEqual({ addresses });
  });

  it('flags of ICMPv6 are fields of their own', () => {
    expect(typed('mpa', { flag: ['MO'] }).fields).toEqual({ managed: true, otherConfig: true });
    expect(typed('dhaad', { flag: ['mobileRouter'] }).fields).toEqual({ mobileRouter: true });
  });

  it.each([
    ['alternateCareOf=2001:db8:b::5', { type: 3, address: '2001:db8:b::5' }],
    ['Alternate Care-of Address=2001:db8:b::5', { type: 3, address: '2001:db8:b::5' }],
    ['alt-coa=2001:db8:b::5', { type: 3, address: '2001:db8:b::5' }],
    ['refresh=40', { type: 2, interval: 40 }],
    [
      'v4hoa=192.0.2.100/24',
      { type: 29, prefixLength: 24, prefixRequested: false, address: '192.0.2.100' },
    ],
    [
      'ipv4HomeAddress=192.0.2.100',
      { type: 29, prefixLength: 32, prefixRequested: false, address: '192.0.2.100' },
    ],
    ['mnp=2001:db8:1::/48', { type: 6, prefixLength: 48, prefix: '2001:db8:1::' }],
    ['natDetection=110', { type: 31, forceUdp: false, refresh: 110 }],
    ['natDetection:refresh=110,forceUdp=yes', { type: 31, forceUdp: true, refresh: 110 }],
    ['nonces:home=3,careOf=4', { type: 4, home: 3, careOf: 4 }],
    ['greKey', { type: 33 }],
    ['greKey=7', { type: 33, key: 7 }],
    ['redirectCapability', { type: 46 }],
    [
      'mnid:subtype=1,identifier=text:mn@example.org',
      { type: 8, subtype: 1, identifier: '0x6d6e406578616d706c652e6f7267' },
    ],
    ['authentication:spi=5,data=0x01020304', { type: 9, subtype: 0, spi: 5, data: '0x01020304' }],
    ['natDetection:data=0x01', { type: 31, data: '0x01' }],
    ['99:data=0x0102', { type: 99, data: '0x0102' }],
    ['99=0x0102', { type: 99, data: '0x0102' }],
    ['{"type":31,"refresh":1,"forceUdp":true}', { type: 31, refresh: 1, forceUdp: true }],
  ])('--option %s', (text, option) => {
    expect(typed('bu', { option: [text] }).options).toEqual([option]);
  });

  it('options of a prefix advertisement are those of neighbour discovery', () => {
    expect(typed('mpa', { option: ['prefix=2001:db8:a::/64'] }).options).toMatchObject([
      { type: 3, prefix: '2001:db8:a::', prefixLength: 64, autonomous: false },
    ]);
  });

  it.each([
    [
      'bu',
      { field: ['lifetme=1'] },
      'Binding Update has no field "lifetme". Did you mean "lifetime"?',
    ],
    ['bu', { field: ['lifetime'] }, '--field wants NAME=VALUE, came "lifetime".'],
    ['bu', { field: ['lifetime=soon'] }, 'lifetime: expected a whole number, came "soon".'],
    ['dhaad', { field: ['mobileRouter=maybe'] }, 'mobileRouter: expected true or false'],
    ['dhaad-reply', { field: ['addresses=['] }, 'addresses: expected JSON, came [.'],
    ['bu', { flag: ['Z'] }, 'Binding Update has no flag "Z". It has A acknowledge, H home'],
    ['hoti', { flag: ['A'] }, 'Home Test Init has no flags.'],
    ['bu', { option: ['alternatCareOf=::'] }, 'Did you mean "alternateCareOf"?'],
    ['bu', { option: ['natDetection:refrsh=1'] }, 'NAT Detection has no field "refrsh".'],
    ['bu', { option: ['natDetection:refresh'] }, '--option natDetection wants NAME=VALUE'],
    ['bu', { option: ['cgaParametersRequest=1'] }, 'CGA Parameters Request holds nothing.'],
    ['bu', { option: ['{'] }, '--option: expected JSON, came {.'],
    ['dhaad', { option: ['natDetection=1'] }, 'has no options.'],
  ])('%s %o is refused', (message, words, said) => {
    expect(() => typed(message, words)).toThrow(said);
  });

  it('all of it goes into one packet', () => {
    const entry = findMessage('bu');
    const { fields, options } = typed('bu', {
      field: ['lifetime=600', 'sequence=7'],
      flag: ['A', 'HL'],
      option: ['alt-coa=2001:db8:b::5', 'v4hoa=192.0.2.100/24', '99:data=0x0102', 'none'],
    });
    const { octets } = craft(
      { entry, fields: { ...messageParts(entry).defaults, ...fields }, options },
      { source: ipv6('2001:db8:b::5'), destination: ipv6('2001:db8:a::1') },
    );
    expect(describePacket(octets)).toBe(
      '2001:db8:b::5 → 2001:db8:a::1 BU seq 7 AHL life 600 alt-coa 2001:db8:b::5 v4hoa 192.0.2.100/24 option-99(2)',
    );
  });
});

function typed(
  message: string,
  words: { field?: readonly string[]; flag?: readonly string[]; option?: readonly string[] },
) {
  const { field = [], flag = [], option = [] } = words;
  return readTyped(findMessage(message), { field, flag, option });
}
