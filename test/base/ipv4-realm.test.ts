import { expect, it } from 'vitest';
import { ipv4 } from '../../src/base/address.js';
import { realmOf } from '../../src/base/ipv4-realm.js';

it.each([
  ['10.255.255.255', 'private'],
  ['11.0.0.0', 'public'],
  ['172.15.255.255', 'public'],
  ['172.16.0.0', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.0', 'public'],
  ['192.168.0.1', 'private'],
  ['192.169.0.1', 'public'],
  ['100.63.255.255', 'public'],
  ['100.64.0.0', 'shared'],
  ['100.127.255.255', 'shared'],
  ['100.128.0.0', 'public'],
  ['169.254.1.1', 'link-local'],
  ['203.0.113.1', 'public'],
])('%s is %s', (address, realm) => {
  expect(realmOf(ipv4(address))).toBe(realm);
});
