import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { History, historyFile, MAX_HISTORY } from '../../../src/cli/repl/history.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-history-'));
  file = join(folder, 'state', 'mip6', 'history');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the history', () => {
  it('is there in the next session, newest first, for its owner alone', () => {
    const first = new History(file);
    for (const line of ['bul', 'bc', 'bc', ' secret', '', 'bul ']) first.add(line);
    expect(first.lines).toEqual(['bul', 'bc', 'bul']);
    const second = new History(file);
    expect(second.lines).toEqual(['bul', 'bc', 'bul']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  });

  it('keeps the lines of sessions at the same time', () => {
    const [one, other] = [new History(file), new History(file)];
    one.add('bul');
    other.add('bc');
    one.add('status');
    expect(new History(file).lines).toEqual(['status', 'bc', 'bul']);
  });

  it('is closed to others when it was not', () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'bul\n');
    chmodSync(file, 0o644);
    new History(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is bounded, in memory and on disk', () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${Array.from({ length: 5000 }, (_, i) => `line ${i}`).join('\n')}\n`);
    const history = new History(file);
    expect(history.lines.length).toBe(MAX_HISTORY);
    expect(history.lines[0]).toBe('line 4999');
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBe(MAX_HISTORY);
    history.add('bul');
    expect(history.lines.length).toBe(MAX_HISTORY);
    history.add('x'.repeat(5000));
    expect(history.lines[0]).toBe('bul');
  });

  it('reads the end of a file that is far too large, and makes it small', () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${'x'.repeat(3_000_000)}\nbul\n`);
    expect(new History(file).lines).toEqual(['bul']);
    expect(readFileSync(file, 'utf8')).toBe('bul\n');
  });

  it.each([
    ['a link to somewhere else', (path: string) => symlinkSync(join(folder, 'other'), path)],
    ['a folder', (path: string) => mkdirSync(path)],
  ])('is not written into %s', (_, make) => {
    mkdirSync(dirname(file), { recursive: true });
    make(file);
    const history = new History(file);
    expect(history.problem).toMatch(/^The history is not kept in .*: (ELOOP|EISDIR)\.$/);
    history.add('bul');
    expect(history.lines).toEqual(['bul']);
    expect(existsSync(join(folder, 'other'))).toBe(false);
  });

  it('stands where XDG_STATE_HOME says, if that is absolute', () => {
    expect(historyFile({ XDG_STATE_HOME: '/var/x' })).toBe('/var/x/mip6/history');
    expect(historyFile({ XDG_STATE_HOME: 'x' })).toMatch(/\/\.local\/state\/mip6\/history$/);
  });
});
