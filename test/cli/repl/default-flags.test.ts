import { beforeAll, describe, expect, it } from 'vitest';
import { Catalogue } from '../../../src/cli/repl/catalogue.js';
import { DefaultFlags } from '../../../src/cli/repl/default-flags.js';
import { programConfig } from './program-config.js';

let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = Catalogue.of(await programConfig());
});

describe('flags for every command', () => {
  it.each([
    ['bul', '', '--limit=5 --json'],
    ['bul show', '2001:db8::1', '--json 2001:db8::1'],
    ['bul', '--limit 7', '--json --limit 7'],
    ['bul', '--limit=7', '--json --limit=7'],
    ['watch', '-m info', '--json -m info'],
    ['watch', '', '--minimum=debug --json'],
    ['lab exec', 'mn -- mip6 bul --limit 3', 'mn -- mip6 bul --limit 3'],
    ['trace', '-- --json', '--json -- --json'],
  ])('of "%s %s"', (command, typed, words) => {
    const flags = new DefaultFlags(catalogue);
    flags.set('limit', '5');
    flags.set('json', undefined);
    flags.set('minimum', 'debug');
    const argv = flags.apply(catalogue.find(command.split(' '))!, typed.split(' ').filter(Boolean));
    expect([...argv].sort()).toEqual(words.split(' ').sort());
    expect(argv.join(' ').endsWith(typed)).toBe(true);
  });

  it('give way to what excludes them', () => {
    const flags = new DefaultFlags(catalogue);
    flags.set('socket', '/run/mip6/mn.sock');
    const bul = catalogue.find(['bul'])!;
    expect(flags.apply(bul, ['--name', 'ha'])).toEqual(['--name', 'ha']);
    expect(flags.apply(bul, [])).toEqual(['--socket=/run/mip6/mn.sock']);
    expect(flags.apply(bul, [], ['socket'])).toEqual([]);
  });
});
