/** Sizes and offsets of our tables, against what the C compiler makes of linux/xfrm.h. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XFRMA, XFRMA_SAD, XFRMA_SPD } from '../../src/linux/netlink/xfrm/attribute.js';
import type { Struct } from '../../src/linux/netlink/xfrm/layout.js';
import { xfrmMessageType, type XfrmMessageKind } from '../../src/linux/netlink/xfrm/message.js';
import {
  ACTIONS,
  DIRECTIONS,
  MODES,
  POLICY_TYPES,
  SHARES,
  STATE_FLAGS,
} from '../../src/linux/netlink/xfrm/names.js';
import * as structs from '../../src/linux/netlink/xfrm/structs.js';

const STRUCTS = Object.values(structs).filter((s) => 'members' in s) as Struct<unknown>[];

/** What the header calls the numbers that we have tables of. */
const NUMBERS: readonly (readonly [name: string, ours: number])[] = [
  // Headers of Linux 6.1 have no SA_DIR.
  ...attributes('XFRMA', XFRMA).filter(([name]) => name !== 'XFRMA_SA_DIR'),
  ...attributes('XFRMA_SPD', XFRMA_SPD),
  ...attributes('XFRMA_SAD', XFRMA_SAD),
  ...messages({
    newState: 'NEWSA',
    deleteState: 'DELSA',
    getState: 'GETSA',
    newPolicy: 'NEWPOLICY',
    deletePolicy: 'DELPOLICY',
    getPolicy: 'GETPOLICY',
    allocateSpi: 'ALLOCSPI',
    acquire: 'ACQUIRE',
    expire: 'EXPIRE',
    updatePolicy: 'UPDPOLICY',
    updateState: 'UPDSA',
    policyExpire: 'POLEXPIRE',
    flushStates: 'FLUSHSA',
    flushPolicies: 'FLUSHPOLICY',
    report: 'REPORT',
    migrate: 'MIGRATE',
    sadInfo: 'NEWSADINFO',
    getSadInfo: 'GETSADINFO',
    spdInfo: 'NEWSPDINFO',
    getSpdInfo: 'GETSPDINFO',
    mapping: 'MAPPING',
  }),
  ['XFRM_MODE_TRANSPORT', MODES.number('transport')],
  ['XFRM_MODE_TUNNEL', MODES.number('tunnel')],
  ['XFRM_MODE_ROUTEOPTIMIZATION', MODES.number('ro')],
  ['XFRM_MODE_IN_TRIGGER', MODES.number('in_trigger')],
  ['XFRM_MODE_BEET', MODES.number('beet')],
  ['XFRM_POLICY_IN', DIRECTIONS.number('in')],
  ['XFRM_POLICY_OUT', DIRECTIONS.number('out')],
  ['XFRM_POLICY_FWD', DIRECTIONS.number('fwd')],
  ['XFRM_POLICY_MAX', DIRECTIONS.number('socket in')],
  ['XFRM_POLICY_TYPE_MAIN', POLICY_TYPES.number('main')],
  ['XFRM_POLICY_TYPE_SUB', POLICY_TYPES.number('sub')],
  ['XFRM_POLICY_ALLOW', ACTIONS.number('allow')],
  ['XFRM_POLICY_BLOCK', ACTIONS.number('block')],
  ['XFRM_SHARE_UNIQUE', SHARES.number('unique')],
  ['XFRM_STATE_NOECN', STATE_FLAGS.bits(['noecn'])],
  ['XFRM_STATE_DECAP_DSCP', STATE_FLAGS.bits(['decap-dscp'])],
  ['XFRM_STATE_NOPMTUDISC', STATE_FLAGS.bits(['nopmtudisc'])],
  ['XFRM_STATE_WILDRECV', STATE_FLAGS.bits(['wildrecv'])],
  ['XFRM_STATE_ICMP', STATE_FLAGS.bits(['icmp'])],
  ['XFRM_STATE_AF_UNSPEC', STATE_FLAGS.bits(['af-unspec'])],
  ['XFRM_STATE_ALIGN4', STATE_FLAGS.bits(['align4'])],
  ['XFRM_STATE_ESN', STATE_FLAGS.bits(['esn'])],
];

let folder: string;
let told: Record<string, number>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-xfrm-'));
  const source = join(folder, 'tell.c');
  writeFileSync(source, program());
  execFileSync('cc', ['-o', join(folder, 'tell'), source]);
  told = JSON.parse(execFileSync(join(folder, 'tell'), { encoding: 'utf8' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('linux/xfrm.h', () => {
  it.each(STRUCTS)('struct $name has this size, and its members stand there', (s) => {
    expect(s.size).toBe(told[`struct ${s.name}`]);
    for (const [member, [offset, { size }]] of Object.entries(s.members)) {
      expect([member, offset, size]).toEqual([
        member,
        told[`${s.name}.${member}`],
        told[`${s.name}.${member} size`],
      ]);
    }
  });

  it.each(NUMBERS)('%s is %i', (name, ours) => {
    expect(ours).toBe(told[name]);
  });
});

function attributes(
  prefix: string,
  table: Readonly<Record<string, { readonly number: number }>>,
): [string, number][] {
  return Object.entries(table).map(([name, { number }]) => [`${prefix}_${name}`, number]);
}

function messages(names: Readonly<Record<XfrmMessageKind, string>>): [string, number][] {
  return Object.entries(names).map(([kind, name]) => [
    `XFRM_MSG_${name}`,
    xfrmMessageType(kind as XfrmMessageKind),
  ]);
}

/** Prints a JSON object of all that is asked for. */
function program(): string {
  const asked = [
    ...STRUCTS.flatMap(({ name, members }) => [
      [`struct ${name}`, `sizeof(struct ${name})`],
      ...Object.keys(members).flatMap((member) => [
        [`${name}.${member}`, `offsetof(struct ${name}, ${member})`],
        [`${name}.${member} size`, `sizeof(((struct ${name} *)0)->${member})`],
      ]),
    ]),
    ...NUMBERS.map(([name]) => [name, name]),
  ];
  const prints = asked.map(([label, value]) => `  P("${label}", ${value});`);
  return `#include <stddef.h>
#include <stdio.h>
#include <linux/xfrm.h>
#define P(label, value) printf("%s\\"%s\\": %ld", first++ ? ", " : "", label, (long)(value))
int main(void) {
  int first = 0;
  printf("{");
${prints.join('\n')}
  puts("}");
  return 0;
}
`;
}
