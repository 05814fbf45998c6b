/** What every Store does. */
import { describe, expect, it } from 'vitest';
import type { MakeStoreBench } from './bench.js';

export function storeContract(adapter: string, make: MakeStoreBench): void {
  describe(`Store of ${adapter}`, () => {
    it('starts empty', async () => {
      const { store } = await make();
      expect([...store.entries()]).toEqual([]);
    });

    it('keeps the last value of a key, and forgets a key set to nothing', async () => {
      const { store } = await make();
      store.set('a', '1');
      store.set('b', '2');
      store.set('a', '3');
      store.set('b', undefined);
      store.set('c', undefined);
      expect([...store.entries()]).toEqual([['a', '3']]);
    });

    it('is there for the next process', async () => {
      const { store, reopen } = await make();
      store.set('sequence 2001:db8::1', '65535');
      store.set('odd "key"\n', 'value with \\ and \u{1f4e6}');
      const next = await reopen();
      expect(new Map(next.entries())).toEqual(
        new Map([
          ['sequence 2001:db8::1', '65535'],
          ['odd "key"\n', 'value with \\ and \u{1f4e6}'],
        ]),
      );
    });
  });
}
