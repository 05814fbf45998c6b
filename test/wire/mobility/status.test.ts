import { describe, expect, it } from 'vitest';
import {
  BA_STATUS,
  BINDING_ERROR_STATUS,
  bindingAckStatus,
  bindingAckStatuses,
  bindingErrorStatus,
  FORCED_UDP_REFUSED,
  IPV4_ACK_STATUS,
  ipv4AckStatus,
  isRefusal,
  statusText,
} from '../../../src/wire/mobility/status.js';

describe('Binding Acknowledgement status', () => {
  it('has a row for every code that IANA assigned, each once', () => {
    const assigned = [...range(0, 6), ...range(128, 180)];
    expect(bindingAckStatuses().map((row) => row.code)).toEqual(assigned);
    expect(Object.values(BA_STATUS)).toEqual(assigned);
    for (const row of bindingAckStatuses()) {
      expect(row.clause).toMatch(/^RFC \d{4}( §\d+(\.\d+)*)?$/);
      expect(bindingAckStatus(row.code)).toBe(row);
    }
  });

  it.each([
    ['accepted', 0, 'Binding Update accepted'],
    ['prefixDiscoveryNecessary', 1, 'Accepted but prefix discovery necessary'],
    ['notHomeSubnet', 132, 'Not home subnet'],
    ['duplicateAddress', 134, 'Duplicate Address Detection failed'],
    ['sequenceOutOfWindow', 135, 'Sequence number out of window'],
    ['registrationTypeChange', 139, 'Registration type change disallowed'],
    ['forwardingSetupFailed', 143, 'Forwarding Setup failed (prefixes missing)'],
    ['messageIdRequired', 145, 'MIPV6-MESG-ID-REQD'],
    ['multipleIpv4HomeAddresses', 173, 'MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED'],
    ['invalidCareOf', 174, 'Invalid Care-of Address'],
  ] as const)('%s is %i: %s', (key, code, name) => {
    expect(BA_STATUS[key]).toBe(code);
    expect(statusText(code)).toBe(name);
  });

  it('tells a person what to do about every status of a home agent or correspondent node', () => {
    for (const code of [0, 1, ...range(128, 145), 174]) {
      expect(bindingAckStatus(code)?.meaning, `${code}`).toMatch(/\.$/);
      expect(bindingAckStatus(code)?.advice, `${code}`).toMatch(/\.$/);
    }
  });

  it('reads 144 by the Binding Update it answers: RFC 5555 §4.5 or RFC 4285 §6', () => {
    expect(FORCED_UDP_REFUSED).toBe(BA_STATUS.identityMismatch);
    expect(bindingAckStatus(144)?.clause).toBe('RFC 4285 §6');
    expect(bindingAckStatus(144, { forceUdp: false })?.clause).toBe('RFC 4285 §6');
    expect(bindingAckStatus(144, { forceUdp: true })?.clause).toBe('RFC 5555 §4.5');
    expect(bindingAckStatus(144, { forceUdp: true, authenticationOption: true })?.clause).toBe(
      'RFC 4285 §6',
    );
    expect(bindingAckStatus(145, { forceUdp: true })?.clause).toBe('RFC 4285 §5.3');
    expect(statusText(144, { forceUdp: true })).toBe('Forced UDP encapsulation refused');
  });

  it('refuses from 128 on, RFC 6275 §6.1.8', () => {
    expect([0, 1, 127, 128, 255].map(isRefusal)).toEqual([false, false, false, true, true]);
    expect(statusText(7)).toBe('unassigned status 7 (accepted)');
    expect(statusText(255)).toBe('unassigned status 255 (refused)');
    expect(bindingAckStatus(255)).toBeUndefined();
  });
});

describe('IPv4 Address Acknowledgement status, RFC 5555 §3.2.1', () => {
  it.each([
    ['success', 0, 'Success'],
    ['reasonUnspecified', 128, 'Failure, reason unspecified'],
    ['administrativelyProhibited', 129, 'Administratively prohibited'],
    ['incorrectAddress', 130, 'Incorrect IPv4 home address'],
    ['invalidAddress', 131, 'Invalid IPv4 address'],
    ['dynamicNotAvailable', 132, 'Dynamic IPv4 home address assignment not available'],
    ['prefixUnauthorized', 133, 'Prefix allocation unauthorized'],
  ] as const)('%s is %i: %s', (key, code, name) => {
    expect(IPV4_ACK_STATUS[key]).toBe(code);
    expect(ipv4AckStatus(code)).toMatchObject({ code, name, clause: 'RFC 5555 §3.2.1' });
    expect(ipv4AckStatus(code)?.advice).toMatch(/\.$/);
  });
});

describe('Binding Error status, RFC 6275 §6.1.9', () => {
  it('has the two there are', () => {
    expect(BINDING_ERROR_STATUS).toEqual({ unknownBinding: 1, unrecognizedType: 2 });
    expect(bindingErrorStatus(1)?.name).toBe('Unknown binding for Home Address destination option');
    expect(bindingErrorStatus(2)?.name).toBe('Unrecognized MH Type value');
    expect(bindingErrorStatus(3)).toBeUndefined();
  });
});

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
