import { afterEach, expect, it, vi } from 'vitest';
import { stepsOn } from '../../src/cli/steps.js';
import { styleFor } from '../../src/cli/style.js';

afterEach(() => vi.unstubAllEnvs());

it.each([
  { tty: true, environment: {}, colour: true },
  { tty: false, environment: {}, colour: false },
  { tty: true, environment: { TERM: 'dumb' }, colour: false },
  { tty: true, environment: { NO_COLOR: '1' }, colour: false },
  { tty: false, environment: { FORCE_COLOR: '1', TERM: 'dumb' }, colour: true },
  { tty: false, environment: { FORCE_COLOR: '0' }, colour: false },
  { tty: false, environment: { FORCE_COLOR: '1', NO_COLOR: '1' }, colour: false },
])('terminal $tty with $environment: colour $colour', async ({ tty, environment, colour }) => {
  const all = { TERM: 'xterm', NO_COLOR: '', FORCE_COLOR: '', ...environment };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const style = await styleFor({ isTTY: tty, columns: 100 } as NodeJS.WriteStream);
  expect(style.colour).toBe(colour);
  expect(style.strong('x') !== 'x').toBe(colour);
});

it('steps that take their time are a line each where nobody watches', async () => {
  const said: string[] = [];
  const stream = { isTTY: false, write: (text: string) => said.push(text) };
  const tell = await stepsOn(stream as unknown as NodeJS.WriteStream);
  tell('it boots', false);
  tell('it is up after 3.2 s', true);
  expect(said).toEqual(['it boots\n', 'it is up after 3.2 s\n']);
});
