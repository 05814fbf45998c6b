/** Sends that the kernel refused: counted, and told to whoever asked, never thrown. */
import { errnoName } from './error.js';

export interface SendFailure {
  readonly what: 'frame' | 'packet' | 'udp' | 'data' | 'tunnel';
  /** `ENETUNREACH` and the like. */
  readonly errno: string;
  readonly destination: string;
}

export class Failures {
  readonly #counters: Record<string, number>;
  readonly #tell: ((failure: SendFailure) => void) | undefined;

  constructor(counters: Record<string, number>, tell?: (failure: SendFailure) => void) {
    this.#counters = counters;
    this.#tell = tell;
  }

  add(what: SendFailure['what'], errno: number, destination: string): void {
    const name = errnoName(errno);
    const key = `send-${what}-${name}`;
    this.#counters[key] = (this.#counters[key] ?? 0) + 1;
    this.#tell?.({ what, errno: name, destination });
  }
}
