/** A network namespace with nothing in it, to try things in. It and all that is in it end with `close`. */
import { closeSync } from 'node:fs';
import { linuxError } from './error.js';
import { native } from './native.js';

export class ScratchNamespace {
  readonly path: string;
  readonly #fd: number;

  /** Throws `LinuxError`: `PERMISSION` without CAP_SYS_ADMIN. */
  constructor() {
    try {
      this.#fd = native().newNamespace();
    } catch (error) {
      throw linuxError('NAMESPACE', 'make a network namespace to try things in', error);
    }
    this.path = `/proc/self/fd/${this.#fd}`;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
