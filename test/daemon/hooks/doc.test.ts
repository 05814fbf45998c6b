/** docs/hooks.md: its stages are those of the table, and its programs do what it says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENTS } from '../../../src/core/event.js';
import { STAGES } from '../../../src/daemon/hooks/stage.js';

const doc = readFileSync('docs/hooks.md', 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'mip6-'));
const commands = join(folder, 'bin');

beforeAll(() => {
  execFileSync('mkdir', [commands]);
  for (const name of ['logger', 'nft'])
    writeFileSync(join(commands, name), `#!/bin/sh\necho "${name} $*"\n`, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('has a row for each stage, with its events', () => {
  const rows = [...doc.matchAll(/^\| `([a-z-]+)` +\| ([^|]+)\| ([^|]*)\|$/gm)];
  const told = rows.flatMap(([, stage, events]) =>
    [...events!.matchAll(/`(\w+)`/g)].map(([, code]) => `${stage} ${code}`),
  );
  const known = Object.entries(STAGES).map(([code, stage]) => `${stage} ${code}`);
  expect(told.sort()).toEqual([...known, 'handover-done FIRST_PACKET'].sort());
});

it('names variables that the sentence of the event has too', () => {
  for (const [, stage, variables] of doc.matchAll(/^\| `([a-z-]+)` +\|[^|]+\| ([^|]*)\|$/gm)) {
    const codes = Object.entries(STAGES).filter(([, s]) => s === stage);
    for (const [code] of codes) {
      const { sentence } = EVENTS[code as keyof typeof EVENTS];
      for (const [, field] of sentence.matchAll(/\{(\w+)\}/g)) {
        if (code === 'BINDING_ACCEPTED' || field === 'prefix') continue;
        const name = `MIP6_${field!.replace(/[A-Z]/g, (l) => `_${l}`).toUpperCase()}`;
        expect(variables, `${stage}: ${name}`).toContain(name);
      }
    }
  }
});

describe('the examples', () => {
  it.each([
    {
      program: '10-log',
      stage: 'bound',
      facts: { HOME_ADDRESS: '2001:db8:a::100', CARE_OF: '192.0.2.7', LINK: 'eth0' },
      does: 'logger -t mip6 2001:db8:a::100 is at 192.0.2.7 on eth0\n',
    },
    { program: '10-log', stage: 'refused', facts: {}, does: '' },
    {
      program: '20-firewall',
      stage: 'ha-bound',
      facts: { HOME_ADDRESS: '2001:db8:a::100' },
      does: 'nft add element inet filter mobile { 2001:db8:a::100 }\n',
    },
    {
      program: '20-firewall',
      stage: 'ha-unbound',
      facts: { HOME_ADDRESS: '2001:db8:a::100' },
      does: 'nft delete element inet filter mobile { 2001:db8:a::100 }\n',
    },
    {
      program: '30-nat',
      stage: 'nat-change',
      facts: { EVENT: 'NAT_FOUND', REFRESH: '110' },
      does: 'logger -t mip6 behind a NAT: a keep-alive every 110 s\n',
    },
    { program: '30-nat', stage: 'nat-change', facts: { EVENT: 'NAT_NONE' }, does: '' },
  ])('$program at $stage', ({ program, stage, facts, does }) => {
    const path = join(folder, program);
    writeFileSync(path, scriptOf(program), { mode: 0o755 });
    const env = Object.fromEntries(Object.entries(facts).map(([k, v]) => [`MIP6_${k}`, v]));
    const PATH = `${commands}:/usr/bin:/bin`;
    expect(execFileSync(path, [stage], { env: { ...env, PATH }, encoding: 'utf8' })).toBe(does);
  });
});

function scriptOf(name: string): string {
  const [, script] = new RegExp(`hooks\\.d/${name}\`[^]*?\`\`\`sh\n([^]*?)\`\`\``).exec(doc)!;
  return script!;
}
