/** Runs a machine of whole frames on a real interface, in real time, until it is done. */
import type { MacAddress } from '../base/address.js';
import type { Instant } from '../base/time.js';
import type { FrameEffect } from '../core/effect.js';
import { ingressFrame, type Ingress } from '../core/ingress.js';
import type { LinkName } from '../core/input.js';
import type { Machine } from '../core/machine.js';
import type { Random } from '../core/random.js';
import { LinuxClock } from '../linux/clock.js';
import { FrameExchange } from '../linux/frame-exchange.js';
import type { NetNamespace } from '../linux/native.js';
import { SYSTEM_RANDOM } from '../linux/random.js';

export interface LinkMachine extends Machine<FrameEffect> {
  handle(ingress: Ingress, now: Instant): void;
  readonly done: boolean;
}

/** Throws `LinuxError`. What cannot be decoded is passed over. */
export async function runOnLink<M extends LinkMachine>(
  link: LinkName,
  make: (mac: MacAddress, random: Random, now: Instant) => M,
  netns: NetNamespace = null,
): Promise<M> {
  const clock = new LinuxClock();
  return new Promise<M>((done, fail) => {
    let machine: M | undefined;
    let cancel: (() => void) | undefined;
    const step = (input: (machine: M) => void): void => {
      if (!machine || machine.done) return;
      try {
        input(machine);
        for (let e = machine.pollEffect(); e; e = machine.pollEffect()) exchange.send(e);
      } catch (error) {
        return end(() => fail(error instanceof Error ? error : new Error(String(error))));
      }
      cancel?.();
      cancel = undefined;
      const own = machine;
      if (own.done) return end(() => done(own));
      const next = own.pollTimeout();
      if (next) cancel = clock.wake(next.at, () => step((m) => m.handleTimeout(clock.now())));
    };
    const end = (say: () => void): void => {
      cancel?.();
      machine = undefined;
      // Not from inside the call that hands a frame over.
      setImmediate(() => {
        exchange.close();
        say();
      });
    };
    const exchange = new FrameExchange(
      link,
      (frame) => {
        const result = ingressFrame(frame);
        if (result.ok) step((m) => m.handle(result.value, clock.now()));
      },
      netns,
    );
    machine = make(exchange.mac, SYSTEM_RANDOM, clock.now());
    step(() => undefined);
  });
}
