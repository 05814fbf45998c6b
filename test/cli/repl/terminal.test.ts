/** The REPL at a terminal: typed keys and captured screens. Needs tmux, and the build (`npm test` makes it). */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFake, type FakeDaemon } from '../../helpers/fake-daemon.js';
import { Tmux, type TerminalOptions } from '../../helpers/tmux.js';

const built = existsSync('dist/src/cli/main.js');

describe.skipIf(!built)('mip6 repl at a terminal', () => {
  let folder: string;
  let mn: FakeDaemon;
  let screen: Tmux;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mip6-terminal-'));
    mn = await startFake({ socket: join(folder, 'mn.sock'), name: 'laptop' });
  });
  afterEach(async () => {
    screen.close();
    await mn.end();
    rmSync(folder, { recursive: true });
  });

  async function begin(options: TerminalOptions = {}): Promise<Tmux> {
    const environment = {
      XDG_STATE_HOME: join(folder, 'state'),
      MIP6_LAB_DIR: join(folder, 'labs'),
      NO_COLOR: '1',
      ...options.environment,
    };
    const command = [process.execPath, 'bin/run.js', 'repl', '--socket', mn.socket];
    screen = new Tmux(command, { ...options, environment });
    await screen.until(/mip6 mn laptop>$/);
    return screen;
  }

  it('completes, runs, remembers, and ends at Ctrl-D', async () => {
    await begin();
    screen.type('hando');
    screen.press('Tab');
    await screen.until(/> handover$/);
    screen.type('et');
    screen.press('Tab');
    await screen.until(/> handover eth0$/);
    screen.press('Enter');
    await screen.until(/Accepted, care-of address 2001:db8:b::7: link\nmip6 mn laptop>$/);
    screen.type('bul | .entries[0].careOf');
    screen.press('Enter');
    await screen.until(/\n198\.51\.100\.7\nmip6 mn laptop>$/);
    screen.press('Up', 'Up');
    await screen.until(/> handover eth0$/);
    screen.press('C-c');
    await screen.until(/> handover eth0\^C\nmip6 mn laptop>$/);
    screen.press('C-d');
    await screen.until(/\nexit 0$/);
    const history = join(folder, 'state', 'mip6', 'history');
    expect(readFileSync(history, 'utf8')).toBe('handover eth0\nbul | .entries[0].careOf\n');
    expect(statSync(history).mode & 0o777).toBe(0o600);
    screen.close();
    await begin();
    screen.press('Up');
    await screen.until(/> bul \| \.entries\[0\]\.careOf$/);
  });

  it('shows what could come next', async () => {
    await begin();
    screen.type('bul show ');
    screen.press('Tab');
    await screen.until(/> bul show$/);
    screen.press('Tab');
    await screen.until(/192\.0\.2\.100 +2001:db8:a::100/);
    screen.type('2');
    screen.press('Tab');
    await screen.until(/> bul show 2001:db8:a::100$/);
  });

  it('is not confused by keys that come while it looks for candidates', async () => {
    await begin();
    screen.paste('bul sh\t\t192.0.2.100 | .entries[0].path\n');
    await screen.until(/\n(udp|mip6: .*)\nmip6 mn laptop>$/);
    screen.type('echo still here');
    screen.press('Enter');
    await screen.until(/\nstill here\nmip6 mn laptop>$/);
  });

  it('Ctrl-C ends the command and not the REPL', async () => {
    await begin();
    screen.type('watch');
    screen.press('Enter');
    await expect
      .poll(() => (linkUp('eth7'), screen.screen()), { timeout: 30_000 })
      .toContain('eth7 has carrier');
    screen.press('C-c');
    await screen.until(/\^C\nmip6 mn laptop>$/);
    screen.type('expect BU_SENT within 1min');
    screen.press('Enter');
    await screen.until(/within 1min$/);
    await screen.untilCooked();
    screen.press('C-c');
    await screen.until(/\^C\nmip6: Cancelled\.\nmip6 mn laptop>$/);
    screen.type('status | .role');
    screen.press('Enter');
    await screen.until(/\nmn\nmip6 mn laptop>$/);
  });

  it('lets a command ask, and is asked again afterwards', async () => {
    await begin();
    screen.type('handover');
    screen.press('Enter');
    await screen.until(/\? Hand over to\n❯ eth0 {2}up 2001:db8:b::7/);
    screen.press('Down', 'Down');
    await screen.until(/❯ any link with IPv4/);
    screen.press('Enter');
    await screen.until(/Accepted, care-of address 2001:db8:b::7: family\nmip6 mn laptop>$/);
    expect(mn.role.log.at(-1)).toBe('handover {"kind":"family","family":4}');
    screen.type('handover');
    screen.press('Enter');
    await screen.until(/❯ eth0 /);
    screen.press('C-c');
    await screen.until(/mip6: Cancelled\.\nmip6 mn laptop>$/);
    screen.type('status | .role');
    screen.press('Enter');
    await screen.until(/\nmn\nmip6 mn laptop>$/);
  });

  it('reacts to events while a line is typed, which comes back', async () => {
    await begin();
    screen.type('on LINK_UP do echo "${event.fields.link} is up"');
    screen.press('Enter');
    await screen.until(/is up"\nmip6 mn laptop>$/);
    screen.type('echo half typed');
    screen.press('Left', 'Left', 'Left', 'Left', 'Left');
    await screen.until(/> echo half typed$/);
    linkUp('eth7');
    await screen.until(/\non LINK_UP do echo .*\neth7 is up\nmip6 mn laptop> echo half typed$/);
    screen.type('un');
    screen.press('Enter');
    await screen.until(/> echo half untyped\nhalf untyped\nmip6 mn laptop>$/);
  });

  it('does pasted lines one after the other', async () => {
    await begin();
    screen.paste('x = bul | .entries[0].path\necho "by $x"\nexpect LINK_UP within 1ms\necho rest');
    await screen.until(/> echo rest$/);
    const shown = screen.screen();
    expect(shown).toMatch(/\nmip6 mn laptop> echo "by \$x"\nby udp\n/);
    expect(shown).toMatch(/LINK_UP did not come within 0\.001 s\. No event came\.\n/);
    screen.press('Enter');
    await screen.until(/\nrest\nmip6 mn laptop>$/);
  });

  it('says when the daemon goes, and finds it again', async () => {
    await begin();
    screen.type('status | .na');
    await screen.until(/\.na$/);
    await mn.daemon.stop();
    await screen.until(/\nlaptop went away \(.*\)\.\nmip6 mn laptop \(gone\)> status \| \.na$/s);
    screen.type('me');
    screen.press('Enter');
    await screen.until(/No mip6 daemon on/);
    mn = await startFake({ socket: mn.socket, name: 'laptop' });
    screen.press('Up', 'Enter');
    await screen.until(/\nlaptop\nConnected to laptop again\.\nmip6 mn laptop>$/);
  });

  it('has room in 40 columns', async () => {
    await begin({ columns: 40 });
    screen.type('bul');
    screen.press('Enter');
    const shown = await screen.until(/\nseq +7\nmip6 mn laptop>$/);
    expect(shown).toContain('\nhome address  2001:db8:a::100\n');
    screen.type('echo a line that is longer than what is left of the screen');
    await screen.until(/\n ?of the screen$|screen$/);
    linkUp('eth7');
    screen.press('C-c');
    await screen.until(/\^C\nmip6 mn laptop>$/);
    screen.type('help expect');
    screen.press('Enter');
    await screen.until(/\nexpect EVENT/);
    for (const line of screen.screen().split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });

  it('paints where colours are wanted, and nowhere else', async () => {
    await begin();
    screen.type('statsu');
    screen.press('Enter');
    await screen.until(/Did you mean "status"\?\nmip6 mn laptop>$/);
    expect(screen.painted()).not.toContain('\u001b[');
    screen.close();
    await begin({ environment: { NO_COLOR: '' } });
    screen.type('statsu');
    screen.press('Enter');
    await screen.until(/Did you mean "status"\?\nmip6 mn laptop>$/);
    expect(screen.painted()).toMatch(/\u001b\[31mmip6:/);
    expect(screen.painted()).toMatch(/\u001b\[1mmip6 mn laptop/);
  });

  it('ends with 0, or with the code that exit is given', async () => {
    await begin();
    screen.type('statsu');
    screen.press('Enter');
    await screen.until(/Did you mean/);
    screen.type('exit');
    screen.press('Enter');
    await screen.until(/\nexit 0$/);
    screen.close();
    await begin();
    screen.type('exit 7');
    screen.press('Enter');
    await screen.until(/\nexit 7$/);
  });

  function linkUp(name: string): void {
    mn.deliver({ kind: 'link', link: { name } as never });
  }
});
