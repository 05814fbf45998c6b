import { expect, it } from 'vitest';
import { worldsHere } from '../../src/lab/worlds.js';

it('every world is told, with what it is here or what is in its way', async () => {
  const worlds = await worldsHere();
  expect(worlds.map((w) => w.world)).toEqual(['netns', 'uml', 'vm', 'sim']);
  for (const { here, what, way } of worlds) {
    expect(what).not.toBe('');
    if (here) expect(way).toBeNull();
  }
  expect(worlds.at(-1)).toEqual({
    world: 'sim',
    here: true,
    what: 'virtual time, no kernel',
    way: null,
  });
});
