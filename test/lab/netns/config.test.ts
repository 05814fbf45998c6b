import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/daemon/config/compile.js';
import { resolveHomeAgent } from '../../../src/daemon/config/resolve.js';
import { mac } from '../../../src/base/address.js';
import { labNames, loadLab } from '../../../src/lab/library.js';
import { parseLab, type Lab, type LabNode } from '../../../src/lab/model.js';
import { daemonConfig, type DatapathAsked } from '../../../src/lab/netns/config.js';
import { homeAgentOptions, mobileNodeOptions } from '../../../src/lab/roles.js';

/** One lab, two ways to its roles: options for the simulated world, a file for the daemon. They must not differ. */
describe.each([
  ...labNames().map((name) => [name, loadLab(name).lab] as const),
  ['tuned', tuned()] as const,
])('%s: the daemon makes of its file what the simulated world is given', (_, lab) => {
  it.each(lab.nodes.filter((n) => n.role === 'mn').map((n) => [n.name, n] as const))(
    '%s',
    (_name, node) => {
      const config = compiled(lab, node);
      if (config.role !== 'mn') return expect.unreachable();
      const { homes, ...rest } = mobileNodeOptions(node);
      const { homes: ofFile, ...restOfFile } = config.options;
      expect(restOfFile).toEqual(rest);
      // A file names the interface that is home; a lab with one interface need not.
      expect(ofFile.map((h) => ({ ...h, homeLink: null }))).toEqual(homes);
    },
  );

  it.each(lab.nodes.filter((n) => n.role === 'ha').map((n) => [n.name, n] as const))(
    '%s',
    (_name, node) => {
      const config = compiled(lab, node);
      if (config.role !== 'ha') return expect.unreachable();
      const links = node.interfaces.map((i, index) => ({
        name: i.name,
        index: index + 2,
        up: true,
        mac: mac(i.mac),
        mtu: 1500,
        carrierUps: 1,
        addresses: [
          ...(i.address6 ? [{ address: i.address6, prefixLength: 64 }] : []),
          ...(i.address4 ? [{ address: i.address4, prefixLength: 24 }] : []),
        ],
      }));
      const resolved = resolveHomeAgent(config.plan, links, {
        interfaces: links.map((l) => l.name),
        addresses: links.flatMap((l) => l.addresses.map((a) => a.address)),
      });
      expect(resolved.ok && resolved.value).toEqual(homeAgentOptions(lab, node));
    },
  );
});

it('a datapath that is asked for is asked of every daemon', () => {
  const { lab } = loadLab('roam');
  for (const node of lab.nodes.filter((n) => n.role === 'mn' || n.role === 'ha')) {
    expect(compiled(lab, node).settings.datapath).toBe('auto');
    expect(compiled(lab, node, 'userspace').settings.datapath).toBe('userspace');
  }
});

function compiled(lab: Lab, node: LabNode, datapath?: DatapathAsked) {
  const text = daemonConfig(lab, node, datapath);
  const sources = { read: () => text, glob: () => [] };
  const { config, findings } = loadConfig('lab.conf', sources as never);
  expect(findings.filter((f) => f.severity === 'error')).toEqual([]);
  return config!;
}

function tuned(): Lab {
  const text = loadLab('roam')
    .text.replace(
      'role: ha',
      'role: ha\n    config: { dad: optimistic, lifetime: 600s, natRefresh: 30s, forceUdp: true, prefixInterval: 8s }',
    )
    .replace(
      'role: mn',
      'role: mn\n    config: { lifetime: 300s, natRefresh: 20s, forceUdp: true }',
    );
  return parseLab(text, 'tuned.yaml');
}
