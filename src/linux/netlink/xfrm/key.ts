/** Key material. It goes to the kernel and nowhere else: text, JSON and inspection show its length only. */
import { inspect } from 'node:util';

export class XfrmKey {
  readonly #octets: Uint8Array;

  /** The octets are copied. */
  constructor(octets: Uint8Array) {
    this.#octets = Uint8Array.from(octets);
  }

  get bits(): number {
    return this.#octets.length * 8;
  }

  /** For the request to the kernel alone. */
  copyInto(out: Uint8Array, at: number): void {
    out.set(this.#octets, at);
  }

  toString(): string {
    return `key of ${this.bits} bits`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return `[${this.toString()}]`;
  }
}
