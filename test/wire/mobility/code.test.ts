import { describe, expect, it } from 'vitest';
import { codeName, CODES } from '../../../src/wire/mobility/code.js';

describe('small code spaces', () => {
  it.each([
    ['revocationStatus', 128, 'Binding Does NOT Exist'],
    ['revocationStatus', 135, 'Proxy Binding Revocation NOT Supported'],
    ['revocationTrigger', 129, 'Revoking Mobility Node Local Policy'],
    ['dnsUpdate', 130, 'DNS update failed'],
    ['handoffIndicator', 3, 'Handoff between mobile access gateways for the same interface'],
    ['handoverAck', 4, 'Message sent unsolicited'],
    ['fastBindingAck', 131, 'Incorrect interface identifier length'],
    ['flowBinding', 133, 'Traffic selector format not supported'],
    ['ipv4HomeAddressReply', 132, 'Dynamic IPv4 home address assignment not available'],
    ['identifierSubtype', 6, 'EUI-64'],
  ] as const)('%s %i is %s', (space, code, name) => {
    expect(codeName(space, code)).toBe(name);
  });

  it('have a clause each, codes of one octet, and no name for what nobody assigned', () => {
    for (const [space, { clause, codes }] of Object.entries(CODES)) {
      expect(clause).toMatch(/^RFC \d{4} §\d+(\.\d+)*$/);
      for (const code of Object.keys(codes)) expect(Number(code)).toBeLessThan(256);
      expect(codeName(space as keyof typeof CODES, 249)).toBeUndefined();
    }
  });
});
