/** What a refusal of the kernel says: the object, and the way out where errno and request together tell it. */
import { describe, expect, it } from 'vitest';
import { ipv6, prefix } from '../../src/base/address.js';
import { LinuxError } from '../../src/linux/error.js';
import type { XfrmPolicy, XfrmState } from '../../src/linux/netlink/xfrm/model.js';
import { withXfrm } from '../../src/linux/netlink/xfrm/open.js';
import { wordsOf, type XfrmRequest } from '../../src/linux/netlink/xfrm/request.js';

const policy: XfrmPolicy = {
  selector: { source: prefix('::/0'), destination: prefix('2001:db8::1/128'), protocol: 135 },
  direction: 'in',
  ptype: 'sub',
  action: 'allow',
  priority: 9,
  templates: [],
};
const state: XfrmState = {
  source: ipv6('2001:db8:a::100'),
  destination: ipv6('2001:db8::1'),
  protocol: 'hao',
  mode: 'ro',
  spi: 0,
  reqid: 1,
  flags: [],
  replayWindow: 0,
};
const esp = { ...state, protocol: 'esp', spi: 0x1234 } as const;

describe('a request says what it is about', () => {
  it.each<[string, string, XfrmRequest]>([
    [
      'policy',
      'add policy dir in ptype sub src ::/0 dst 2001:db8::1/128 proto mobility-header',
      { kind: 'newPolicy', policy },
    ],
    ['policy', 'update policy dir in ptype sub src ::/0', { kind: 'updatePolicy', policy }],
    [
      'policy',
      'remove policy dir in ptype sub index 8',
      { kind: 'deletePolicy', id: { ...policy, index: 8 } },
    ],
    ['policy', 'tell policy dir in ptype sub', { kind: 'getPolicy', id: policy }],
    ['policy', 'remove all policies of type main', { kind: 'flushPolicies', ptype: 'main' }],
    [
      'state',
      'add state src 2001:db8:a::100 dst 2001:db8::1 proto esp spi 0x00001234',
      { kind: 'newState', state: esp },
    ],
    [
      'state',
      'update state src 2001:db8:a::100 dst 2001:db8::1 proto hao',
      { kind: 'updateState', state },
    ],
    [
      'state',
      'remove state dst 2001:db8::1 proto 99 spi 0x00000007',
      { kind: 'deleteState', id: { destination: state.destination, protocol: 99, spi: 7 } },
    ],
    ['state', 'tell state src 2001:db8:a::100', { kind: 'getState', id: state }],
    ['state', 'remove all states', { kind: 'flushStates', protocol: 0 }],
    ['state', 'remove all states of hao', { kind: 'flushStates', protocol: 'hao' }],
    [
      'state',
      'reserve an SPI for src 2001:db8:a::100 dst 2001:db8::1 proto esp',
      { kind: 'allocateSpi', request: { ...esp, min: 1, max: 2 } },
    ],
    [
      'migration',
      'migrate policy dir in ptype sub src ::/0 dst 2001:db8::1/128',
      { kind: 'migrate', migration: { ...policy, moves: [] } },
    ],
    ['count', 'count the states', { kind: 'getSadInfo' }],
    ['count', 'count the policies', { kind: 'getSpdInfo' }],
  ])('%s: %s', (operation, doing, request) => {
    const words = wordsOf(request);
    expect(words.operation).toBe(operation);
    expect(words.doing()).toMatch(new RegExp(`^${doing}`));
  });
});

describe('the way out', () => {
  it.each<[string, string, XfrmRequest]>([
    ['EPROTONOSUPPORT', 'CONFIG_IPV6_MIP6', { kind: 'newState', state }],
    [
      'EPROTONOSUPPORT',
      'CONFIG_IPV6_MIP6',
      { kind: 'updateState', state: { ...state, protocol: 'route2' } },
    ],
    ['EPROTONOSUPPORT', 'CONFIG_INET6_ESP', { kind: 'newState', state: esp }],
    ['EPROTONOSUPPORT', 'ah6 or ah4', { kind: 'newState', state: { ...esp, protocol: 'ah' } }],
    [
      'EPROTONOSUPPORT',
      'CONFIG_INET6_IPCOMP',
      { kind: 'newState', state: { ...esp, protocol: 'comp' } },
    ],
    ['ENOSYS', '/proc/crypto', { kind: 'newState', state: esp }],
    ['EEXIST', 'update it, or remove it first', { kind: 'newState', state }],
    ['ESRCH', 'There is no such state', { kind: 'deleteState', id: state }],
    ['EEXIST', 'update it, or remove it first', { kind: 'newPolicy', policy }],
    ['ENOENT', 'its selector differs', { kind: 'deletePolicy', id: policy }],
    [
      'ENOPROTOOPT',
      'CONFIG_XFRM_MIGRATE',
      { kind: 'migrate', migration: { ...policy, moves: [] } },
    ],
    ['ENODATA', 'reqid', { kind: 'migrate', migration: { ...policy, moves: [] } }],
  ])('of %s is %s', (errno, way, request) => {
    expect(wordsOf(request).way!(errno)).toContain(way);
  });

  it('is not guessed where the protocol has no words', () => {
    const odd = { ...state, protocol: 99 };
    expect(wordsOf({ kind: 'newState', state: odd }).way!('EPROTONOSUPPORT')).toBeUndefined();
    expect(wordsOf({ kind: 'newState', state }).way!('EINVAL')).toBeUndefined();
    expect(wordsOf({ kind: 'flushStates', protocol: 0 }).way!('ESRCH')).toBeUndefined();
  });

  it('of a kernel without the family is the option that it lacks', () => {
    const open = (errno: string) => (): never => {
      throw new LinuxError('SOCKET', `Cannot open a netlink socket: ${errno}.`, { errno });
    };
    expect(() => withXfrm(open('EPROTONOSUPPORT'))).toThrow(/CONFIG_XFRM_USER.*xfrm_user/);
    expect(() => withXfrm(open('EMFILE'))).toThrow('Cannot open a netlink socket: EMFILE.');
  });
});
