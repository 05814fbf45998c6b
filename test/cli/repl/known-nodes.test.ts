import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNode, knownNodes } from '../../../src/cli/repl/known-nodes.js';
import { promptText } from '../../../src/cli/repl/prompt.js';
import { plain } from '../../../src/cli/style.js';
import { startOf, writeState } from '../../../src/lab/netns/state.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-nodes-'));
  mkdirSync(join(folder, 'run'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('daemons by name', () => {
  it('are sockets, and nodes of labs that are up', () => {
    daemon('laptop');
    lab('roam', '34a0', ['mn', 'ha']);
    lab('old', 'dead', ['mn'], '1');
    expect(nodes().map((n) => [n.name, n.path])).toEqual([
      ['laptop', join(folder, 'run/laptop.sock')],
      ['mn', join(folder, 'labs/34a0/mn.sock')],
      ['ha', join(folder, 'labs/34a0/ha.sock')],
    ]);
    for (const name of ['mn', 'roam/mn', '34a0/mn'])
      expect(findNode(name, nodes()).path).toBe(join(folder, 'labs/34a0/mn.sock'));
  });

  it('have longer names where the short one means several', () => {
    daemon('mn');
    lab('roam', '34a0', ['mn', 'ha']);
    lab('roam', '34a1', ['mn']);
    expect(nodes().map((n) => n.name)).toEqual(['mn', '34a0/mn', 'ha', '34a1/mn']);
    expect(findNode('mn', nodes()).path).toBe(join(folder, 'run/mn.sock'));
    expect(() => findNode('roam/mn', nodes())).toThrow('There is no node roam/mn. There are');
  });

  it('that several have are asked about', () => {
    lab('roam', '34a0', ['mn']);
    lab('other', '34a1', ['mn']);
    expect(() => findNode('mn', nodes())).toThrow('Several nodes are mn. Say roam/mn or other/mn.');
  });

  it('that nobody has are refused; a path need not be known', () => {
    expect(() => findNode('mn', nodes())).toThrow(
      'There is no node mn. No daemon and no lab runs here; the path of a socket will do too.',
    );
    expect(findNode('/tmp/x.sock', nodes()).path).toBe('/tmp/x.sock');
  });
});

describe('the prompt', () => {
  it.each([
    [undefined, 'mip6> '],
    ['mn', 'mip6 mn laptop> '],
    ['laptop', 'mip6 laptop> '],
  ])('of a %s', (role, prompt) => {
    const hello = role === undefined ? undefined : { ...HELLO, role };
    expect(promptText({ hello, isUp: true, path: '/x' }, [], plain)).toBe(prompt);
  });

  it('names the node of a lab, and says when the daemon is gone', () => {
    lab('roam', '34a0', ['mn']);
    const path = join(folder, 'labs/34a0/mn.sock');
    const hello = { ...HELLO, name: 'mn-34a0', role: 'mn' };
    expect(promptText({ hello, isUp: true, path }, nodes(), plain)).toBe('mip6 mn> ');
    expect(promptText({ hello, isUp: false, path }, nodes(), plain)).toBe('mip6 mn (gone)> ');
  });
});

const HELLO = { version: 1, name: 'laptop', role: 'mn', program: 'mip6 9.9.9' };
const nodes = () => knownNodes(join(folder, 'run'), join(folder, 'labs'));
const daemon = (name: string) => writeFileSync(join(folder, 'run', `${name}.sock`), '');

function lab(name: string, id: string, names: string[], startedAt = startOf(process.pid)): void {
  const path = join(folder, 'labs', id);
  mkdirSync(path, { recursive: true });
  writeState(path, {
    version: 1,
    lab: name,
    id,
    file: '/x.yaml',
    pid: process.pid,
    startedAt,
    userNamespace: false,
    purpose: 'up',
    switch: 'x',
    namespaces: [],
    daemons: names.map((node) => ({ node, socket: join(path, `${node}.sock`) })),
  });
}
