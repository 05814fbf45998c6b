import { expect, it } from 'vitest';
import { ipv4 } from '../../../src/base/address.js';
import type { Candidate4, Choice } from '../../../src/core/mn/care-of-choice.js';
import { describeOthers } from '../../../src/core/mn/choice-view.js';
import { at } from '../../helpers/drive.js';

it('an event names four others at most, and how many more there are', () => {
  expect(describeOthers(choice(0))).toBeNull();
  expect(describeOthers(choice(2))).toBe(
    '10.0.0.1 on eth0: it is deprecated; 10.0.0.2 on eth0: it is deprecated',
  );
  expect(describeOthers(choice(6))).toMatch(/10\.0\.0\.4 on eth0: it is deprecated; and 2 more$/);
});

function choice(others: number): Choice {
  const rejected = Array.from({ length: others }, (_, i) => ({
    candidate: candidate(i + 1),
    rule: 'deprecated' as const,
    why: 'it is deprecated',
  }));
  return { chosen: candidate(100), rule: 'deprecated', reason: '', rejected, again: null };
}

const candidate = (i: number): Candidate4 => ({
  family: 4,
  address: ipv4(`10.0.0.${i}`),
  link: 'eth0',
  preference: 5,
  validUntil: null,
  deprecated: true,
  confirmed: true,
  usable: true,
  network: null,
  answered: null,
  notBefore: at(0),
});
