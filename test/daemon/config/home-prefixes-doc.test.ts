/** What docs/home-prefixes.md shows of configurations is taken as it stands. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/daemon/config/compile.js';

const TEXT = readFileSync(new URL('../../../docs/home-prefixes.md', import.meta.url), 'utf8');
const EXAMPLES = [...TEXT.matchAll(/```conf\n([^]*?)```/g)].map(([, text]) => text!);

it('has examples of both sides', () => {
  expect(EXAMPLES.map((text) => /NodeConfig (\w+)/.exec(text)?.[1])).toEqual(['HA', 'MN']);
});

it.each(EXAMPLES)('is taken without a finding:\n%s', (text) => {
  const { config, findings } = loadConfig('doc.conf', { read: () => text, glob: () => [] });
  expect(findings).toEqual([]);
  expect(config).toBeDefined();
});
