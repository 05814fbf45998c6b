/**
 * Acknowledgements come, data does not: a firewall on the path drops IP in IPv4. UDP may pass it, which the F flag
 * asks for, as the last resort.
 *
 * Spec: RFC 5555 §4.4.1. Ours: "persistent packet losses" are that something left by the tunnel and nothing came
 * back in a while. When nothing comes back through UDP either, F is taken back, and the matter rests until the
 * care-of address is another one.
 *
 *   listening ─out, 10 s without in→ forcing ─bound in UDP→ forced ─out, 10 s without in→ given up
 *       └─in→ heard                     └─F not granted→ given up └─in→ proved
 */
import { after, seconds, type Instant } from '../../base/time.js';
import type { Deadline, Machine } from '../machine.js';
import { Timers } from '../timers.js';

/** Of the binding that stands. */
export interface TunnelUnderWatch {
  readonly careOf: string;
  readonly link: string;
  readonly path: 'ipv6' | 'ipv4' | 'udp';
}

export type SilenceEffect =
  /** Register with F. */
  | 'force'
  /** F helped: worth remembering. */
  | 'proved'
  /** F did not help: register without. */
  | 'relent';

export class SilentTunnel implements Machine<SilenceEffect> {
  readonly #timers = new Timers<'silence of the tunnel'>();
  readonly #effects: SilenceEffect[] = [];
  #tunnel: TunnelUnderWatch | undefined;
  /** `idle`: no tunnel that could be asked for in UDP. */
  #state: 'idle' | 'listening' | 'heard' | 'forcing' | 'forced' | 'proved' | 'given up' = 'idle';

  /** Whether F is wanted with this care-of address. */
  wants(careOf: string, link: string): boolean {
    const here = this.#tunnel?.careOf === careOf && this.#tunnel.link === link;
    return here && ['forcing', 'forced', 'proved'].includes(this.#state);
  }

  /** The home agent has acknowledged. */
  handleBinding(tunnel: TunnelUnderWatch): void {
    const was = this.#tunnel;
    this.#tunnel = tunnel;
    const moved = was?.careOf !== tunnel.careOf || was.link !== tunnel.link;
    const plain = tunnel.path === 'ipv4';
    if (!moved && was.path === tunnel.path && this.#state !== 'forcing') return;
    this.#timers.stopAll();
    if (moved) this.#state = plain ? 'listening' : 'idle';
    else if (this.#state === 'given up') return;
    // Without UDP all the same: the home agent does not grant F.
    else if (this.#state === 'forcing') this.#state = plain ? 'given up' : 'forced';
    // A NAT has come or gone.
    else this.#state = plain ? 'listening' : 'idle';
  }

  handleFirstPacket(direction: 'in' | 'out', now: Instant): void {
    if (this.#state !== 'listening' && this.#state !== 'forced') return;
    if (direction === 'out') {
      this.#timers.set('silence of the tunnel', after(now, PATIENCE));
      return;
    }
    this.#timers.stopAll();
    if (this.#state === 'forced') this.#effects.push('proved');
    this.#state = this.#state === 'forced' ? 'proved' : 'heard';
  }

  handleTimeout(now: Instant): void {
    if (!this.#timers.takeDue(now)) return;
    const plain = this.#state === 'listening';
    this.#state = plain ? 'forcing' : 'given up';
    this.#effects.push(plain ? 'force' : 'relent');
  }

  pollTimeout(): Deadline | undefined {
    return this.#timers.next();
  }

  pollEffect(): SilenceEffect | undefined {
    return this.#effects.shift();
  }
}

/** Ours: a handshake has been tried three times by then. */
const PATIENCE = seconds(10);
