/** Splits a stream into lines of bounded length. Octets, not text: a character may straddle two chunks. */
export class LineSplitter {
  readonly #limit: number;
  readonly #parts: Buffer[] = [];
  #length = 0;

  /** `limit`: longest line in octets, without its end. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that `chunk` completes; undefined when one is over the limit: give the stream up. */
  push(chunk: Buffer): string[] | undefined {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      if (this.#length + end - from > this.#limit) return undefined;
      this.#parts.push(chunk.subarray(from, end));
      lines.push(this.#take());
      from = end + 1;
    }
    this.#length += chunk.length - from;
    if (this.#length > this.#limit) return undefined;
    if (from < chunk.length) this.#parts.push(chunk.subarray(from));
    return lines;
  }

  #take(): string {
    const line = Buffer.concat(this.#parts.splice(0)).toString('utf8');
    this.#length = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}

const LF = 0x0a;
