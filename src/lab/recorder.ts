/** One pcapng file per link, written as frames come. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PcapngWriter } from '../diagnostics/pcapng.js';
import type { Lab } from './model.js';

export class Recorder {
  readonly #links = new Map<string, { readonly writer: PcapngWriter; readonly id: number }>();

  /** Makes the folder; files of an earlier run of the same lab are written anew. */
  constructor(folder: string, lab: Lab) {
    mkdirSync(folder, { recursive: true });
    for (const link of lab.links) {
      const file = join(folder, `${lab.name}-${link.name}.pcapng`);
      writeFileSync(file, '');
      const writer = new PcapngWriter((octets) => appendFileSync(file, octets));
      this.#links.set(link.name, { writer, id: writer.interface(link.name) });
    }
  }

  /** `nanoseconds` since 1970, or since the start of virtual time. */
  frame(
    link: string,
    nanoseconds: bigint,
    octets: Uint8Array,
    originalLength = octets.length,
  ): void {
    const on = this.#links.get(link);
    on?.writer.packet(on.id, nanoseconds, octets, originalLength);
  }
}
