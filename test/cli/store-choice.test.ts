import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { storePath } from '../../src/cli/store-choice.js';

let folder: string;
let environment: Record<string, string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-stores-'));
  environment = { STATE_DIRECTORY: `${folder}:/elsewhere` };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is the file that is named, or that of the daemon that is named', () => {
  expect(storePath({ store: '/x' }, environment)).toBe('/x');
  expect(storePath({ name: 'mn' }, environment)).toBe(`${folder}/mn.store`);
  expect(storePath({ name: 'mn' }, {})).toBe('/var/lib/mip6/mn.store');
});

it('is the only one there is', () => {
  writeFileSync(join(folder, 'mn.store'), '');
  writeFileSync(join(folder, 'mn.store.new'), '');
  expect(storePath({}, environment)).toBe(`${folder}/mn.store`);
});

it('has to be chosen among several, and to be named where there is none', () => {
  expect(() => storePath({}, environment)).toThrow(/^No daemon has kept anything in .* --gateway/);
  for (const name of ['b', 'a']) writeFileSync(join(folder, `${name}.store`), '');
  expect(() => storePath({}, environment)).toThrow(/: a, b\. Choose one with --name\.$/);
  rmSync(folder, { recursive: true });
  expect(() => storePath({}, environment)).toThrow(/^No daemon has kept anything/);
});
