import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { lastWords } from '../../../src/lab/guest/attend.js';
import { commandScript, quote } from '../../../src/lab/guest/command-script.js';
import { umlCommand } from '../../../src/lab/guest/uml.js';
import { umlInit } from '../../../src/lab/guest/uml-init.js';
import { missingPrograms } from '../../../src/lab/programs.js';

describe('a command as a script', () => {
  it.each([
    '',
    'plain',
    'two words',
    `it's`,
    '"$HOME" `id`',
    'line\nbreak',
    '--flag=x,y',
    '*',
    '~',
  ])('%j reaches the command as it is', (word) => {
    const script = commandScript(['printf', '%s', word], '/', {});
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(word);
    expect(execFileSync('sh', ['-c', `printf %s ${quote(word)}`], { encoding: 'utf8' })).toBe(word);
  });

  it('runs where it is told to, with the environment that it is given', () => {
    const script = commandScript(['sh', '-c', 'pwd; echo "$WHO"; exit 3'], '/usr', {
      WHO: `x'y z`,
    });
    const run = () => execFileSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(run).toThrow(expect.objectContaining({ status: 3, stdout: `/usr\nx'y z\n` }));
  });

  it('does not run in another folder when its own is not there', () => {
    const script = commandScript(['echo', 'ran'], '/no/such', {});
    const run = () => execFileSync('sh', ['-c', script], { encoding: 'utf8', stdio: 'pipe' });
    expect(run).toThrow(expect.objectContaining({ status: 126, stdout: '' }));
  });
});

describe('user-mode-linux', () => {
  it('is told its root, its first process, its memory and its lines', () => {
    expect(umlCommand('/tmp/init', 512, undefined).join(' ')).toBe(
      'linux.uml mem=512M root=/dev/root rootfstype=hostfs rootflags=/ ro init=/tmp/init con=null con0=null,fd:1 ' +
        'ssl=null ssl0=null,fd:3 ssl1=null,fd:4 ssl2=null,fd:5 quiet loglevel=1 random.trust_cpu=on',
    );
  });

  it('the shim is preloaded into it and into nothing else', () => {
    expect(umlCommand('/i', 512, '/lib/shim.so').slice(0, 3)).toEqual([
      'env',
      'LD_PRELOAD=/lib/shim.so',
      'linux.uml',
    ]);
  });

  it('mounts each folder that may be written, whatever its name is', () => {
    const init = umlInit({ release: '6.1.1', writable: ['/a b', '/c'], command: '/tmp/x/command' });
    expect(init.split('\n').filter((line) => line.startsWith('mount -t hostfs'))).toEqual([
      `mount -t hostfs none './a b' -o '/a b' || fail 'cannot mount /a b'`,
      `mount -t hostfs none ./c -o /c || fail 'cannot mount /c'`,
    ]);
    expect(() => execFileSync('bash', ['-n'], { input: init })).not.toThrow();
  });
});

it.each([
  ['', 'its kernel said nothing'],
  ['one\r\n\n two\nthree\nfour\nfive\n', 'two / three / four / five'],
  [
    'fine\nKernel panic - not syncing: why\n [<6>] a\n [<6>] b\n',
    'Kernel panic - not syncing: why',
  ],
  ['init: no overlay\nreboot: Power down\n', 'init: no overlay'],
  ['[   12.345678] sysrq: Trigger a crash\n', 'sysrq: Trigger a crash'],
])('of %j the last words are told', (text, words) => {
  expect(lastWords(text)).toBe(words);
});

describe('what is missing is said with the packages that have it', () => {
  const programs = { 'linux.uml': 'user-mode-linux', modprobe: 'kmod', lsmod: 'kmod' };
  it.each([
    [[], undefined],
    [['modprobe'], { reason: '"modprobe" is missing', way: 'apt-get install kmod' }],
    [
      ['linux.uml', 'modprobe', 'lsmod'],
      {
        reason: '"linux.uml" and "modprobe" and "lsmod" are missing',
        way: 'apt-get install user-mode-linux kmod',
      },
    ],
  ])('%j', (absent: string[], said) => {
    expect(missingPrograms(programs, (program) => !absent.includes(program))).toEqual(said);
  });
});
