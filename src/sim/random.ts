/** Seeded randomness: the same seed gives the same world. Not for keys. */
import type { Random } from '../core/random.js';

/** The small fast counting generator (sfc32, from PractRand), seeded by FNV-1a of a text. */
export class SeededRandom implements Random {
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string | number) {
    this.seed = String(seed);
    this.#a = hashText(this.seed, 0);
    this.#b = hashText(this.seed, 1);
    this.#c = hashText(this.seed, 2);
    for (let i = 0; i < WARM_UP; i++) this.u32();
  }

  /** An independent stream: what one part draws never moves what another gets. */
  fork(label: string): SeededRandom {
    return new SeededRandom(`${this.seed}/${label}`);
  }

  u32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  fraction(): number {
    return this.u32() / 0x1_0000_0000;
  }

  octets(n: number): Uint8Array {
    const out = new Uint8Array(n);
    for (let i = 0; i < n; i++) out[i] = this.u32() >>> 24;
    return out;
  }

  /** True with probability `p`. Draws nothing when the answer is sure. */
  chance(p: number): boolean {
    return p > 0 && (p >= 1 || this.fraction() < p);
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }
}

function hashText(text: string, salt: number): number {
  let h = Math.imul(0x811c9dc5 ^ salt, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}

const WARM_UP = 12;
