/** What the documents show of configurations is taken as it stands. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/daemon/config/compile.js';

describe.each(['home-prefixes', 'ipv4-home-address'])('docs/%s.md', (name) => {
  const text = readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8');
  const examples = [...text.matchAll(/```conf\n([^]*?)```/g)].map(([, example]) => example!);

  it('has examples of both sides', () => {
    expect(examples.map((e) => /NodeConfig (\w+)/.exec(e)![1]).sort()).toEqual(['HA', 'MN']);
  });

  it.each(examples)('is taken without a finding:\n%s', (example) => {
    const { config, findings } = loadConfig('doc.conf', { read: () => example, glob: () => [] });
    expect(findings).toEqual([]);
    expect(config).toBeDefined();
  });
});
