/** One pcapng file per link, written some frames at a time: a system call a frame would slow a busy lab down. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PcapngWriter } from '../diagnostics/pcapng.js';
import type { Lab } from './model.js';

export class Recorder {
  readonly #links = new Map<string, RecordedLink>();
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Makes the folder; files of an earlier run of the same lab are written anew. */
  constructor(folder: string, lab: Lab) {
    mkdirSync(folder, { recursive: true });
    for (const link of lab.links) {
      const descriptor = openSync(join(folder, `${lab.name}-${link.name}.pcapng`), 'w');
      const blocks: Uint8Array[] = [];
      const writer = new PcapngWriter((octets) => this.#add(blocks, octets));
      const id = writer.interface(link.name);
      this.#links.set(link.name, { descriptor, blocks, writer, id });
    }
    this.flush();
  }

  /** `nanoseconds` since 1970, or since the start of virtual time. Nothing once it is closed. */
  frame(
    link: string,
    nanoseconds: bigint,
    octets: Uint8Array,
    originalLength = octets.length,
  ): void {
    if (this.#closed) return;
    const on = this.#links.get(link);
    on?.writer.packet(on.id, nanoseconds, octets, originalLength);
  }

  /** What has come so far is in the files. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = 0;
    for (const { descriptor, blocks } of this.#links.values()) {
      if (blocks.length > 0) writeSync(descriptor, Buffer.concat(blocks.splice(0)));
    }
  }

  /** Harmless when called again. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    for (const { descriptor } of this.#links.values()) closeSync(descriptor);
  }

  #add(blocks: Uint8Array[], octets: Uint8Array): void {
    blocks.push(octets);
    this.#waiting += octets.length;
    if (this.#waiting >= MAX_WAITING) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_AFTER).unref();
  }
}

interface RecordedLink {
  readonly descriptor: number;
  readonly blocks: Uint8Array[];
  readonly writer: PcapngWriter;
  readonly id: number;
}

const MAX_WAITING = 256 * 1024; // octets, of all links
const FLUSH_AFTER = 250; // ms: who watches a file as it grows sees it soon
