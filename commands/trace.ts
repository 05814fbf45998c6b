import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';
import type { PacketClass } from '../src/diagnostics/describe.js';
import type { Capture as OpenCapture } from '../src/linux/capture.js';

interface Seen {
  readonly link: string;
  readonly nanoseconds: bigint;
  readonly octets: Uint8Array;
  readonly originalLength: number;
  readonly linkType: number;
}

export default class Trace extends BaseCommand {
  static override summary = 'show signalling on the wire, a line a packet';
  static override description =
    'Live from the interfaces of this host, or from a pcapng or pcap file. Mobility, neighbour discovery, DHCP, ARP and ICMP errors; --all shows the rest too. Messages are counted: an answer says which one it answers and after how long, a repetition what it repeats, the end what stayed unanswered. A message that crosses several links is shown once. Octets are shown as they come: what is cut or wrong is shown up to where it breaks. Fragments of a file are put together: the whole packet follows the last of them.';
  static override examples = [
    '<%= config.bin %> trace -i eth0',
    '<%= config.bin %> trace core.pcapng -v',
    '<%= config.bin %> trace --write handover.pcapng --count 100',
    `<%= config.bin %> trace capture.pcap --json | jq -r 'select(.class == "mobility") | .text'`,
  ];
  static override args = {
    file: Args.string({
      ignoreStdin: true,
      description:
        'capture file to read instead of the network: pcap or pcapng, gzip or not, - for standard input',
    }),
  };
  static override flags = {
    interface: Flags.string({
      char: 'i',
      helpValue: 'NAME',
      description: 'only this interface [default: all]',
    }),
    all: Flags.boolean({
      char: 'a',
      description: 'data packets too, and what is seen again on another link',
    }),
    verbose: Flags.boolean({ char: 'v', description: 'all layers, fields and options of each' }),
    count: Flags.integer({ char: 'n', min: 1, helpValue: 'N', description: 'end after N packets' }),
    write: Flags.string({
      char: 'w',
      helpValue: 'FILE',
      description: 'write what is shown to a pcapng file as well',
    }),
  };

  #left = Infinity;
  #all = false;
  #verbose = false;
  #write: ((seen: Seen) => void) | undefined;

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Trace);
    this.#left = flags.count ?? Infinity;
    this.#all = flags.all;
    this.#verbose = flags.verbose;
    if (flags.write !== undefined) this.#write = await this.#writer(flags.write);
    if (args.file !== undefined) return this.#fromFile(args.file, flags.interface);
    return this.#live(flags.interface);
  }

  protected override reportJson(json: unknown): void {
    this.logJsonLine(json);
  }

  async #fromFile(file: string, only: string | undefined): Promise<void> {
    const { readCaptureFile } = await import('../src/diagnostics/capture-file.js');
    const { show, end } = await this.#shower();
    for await (const packet of readCaptureFile(file, this.standardInput)) {
      await this.breathe();
      const link = packet.interface.name;
      if (only !== undefined && link !== only) continue;
      show({ ...packet, link, linkType: packet.interface.linkType });
      if (this.#left <= 0) break;
    }
    end();
  }

  async #live(link: string | undefined): Promise<void> {
    const { Capture } = await import('../src/linux/capture.js');
    const { LINKTYPE } = await import('../src/diagnostics/pcapng.js');
    const { show, end: sum } = await this.#shower();
    await new Promise<void>((done, fail) => {
      let ended = false;
      const end = () => {
        if (ended) return;
        ended = true;
        process.off('SIGINT', end);
        process.off('SIGTERM', end);
        const missed = capture?.dropped ?? 0;
        capture?.close();
        sum();
        if (missed > 0) process.stderr.write(`${missed} frames came too fast and were not seen\n`);
        done();
      };
      let capture: OpenCapture | undefined;
      try {
        capture = Capture.open({ link: link ?? null }, (frame) => {
          if (ended) return;
          show({
            link: frame.link,
            nanoseconds: BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds),
            octets: frame.octets,
            originalLength: frame.wireLength,
            linkType: frame.linkType === 'ethernet' ? LINKTYPE.ethernet : LINKTYPE.raw,
          });
          // Not from inside the call that hands the frame over.
          if (this.#left <= 0) setImmediate(end);
        });
      } catch (error) {
        return fail(error instanceof Error ? error : new Error(String(error)));
      }
      process.on('SIGINT', end);
      process.on('SIGTERM', end);
      this.whenReaderLeaves(end);
    });
  }

  /** `end` tells what stayed unanswered. */
  async #shower(): Promise<{ show: (seen: Seen) => void; end: () => void }> {
    const { startOf } = await import('../src/diagnostics/capture-file.js');
    const { decodeCaptured } = await import('../src/diagnostics/decode-packet.js');
    const { summarize, traceLine } = await import('../src/diagnostics/describe.js');
    const { decodeLayers } = await import('../src/diagnostics/layers/decode-layers.js');
    const { packetJson } = await import('../src/diagnostics/packet-json.js');
    const { clockTime, isoTime } = await import('../src/diagnostics/time-text.js');
    const { Pairing, pairJson, pairText, unansweredText } =
      await import('../src/diagnostics/trace/pairing.js');
    const { treeText } = await import('../src/diagnostics/tree.js');
    const pairing = new Pairing();
    const show = (seen: Seen): void => {
      if (this.#left <= 0) return;
      const layers = decodeCaptured(seen.octets, seen.linkType);
      const summary = summarize(layers);
      if (!this.#all && QUIET.has(summary.class)) return;
      const { link, nanoseconds } = seen;
      const paired = pairing.take(layers, summary, link, nanoseconds);
      if (!this.#all && paired.seenBefore) return;
      this.#left--;
      this.#write?.(seen);
      if (this.jsonEnabled()) {
        const at = isoTime(nanoseconds);
        return this.logJsonLine({ at, link, ...packetJson(layers), ...pairJson(paired) });
      }
      const text = [`#${paired.number} ${summary.text}`, pairText(paired)].filter(Boolean);
      this.log(traceLine(clockTime(nanoseconds), link, text.join('  ')));
      const start = this.#verbose ? startOf(seen.linkType, seen.octets) : undefined;
      if (start) this.log(`${treeText(decodeLayers(seen.octets, start), this.style)}\n`);
    };
    const end = (): void => {
      if (this.jsonEnabled()) return;
      const unanswered = pairing.unanswered();
      if (unanswered.length === 0) return;
      this.log(this.style.strong('\nunanswered'));
      for (const request of unanswered) this.log(`  ${unansweredText(request)}`);
      if (pairing.notKept > 0) this.log(`  and ${pairing.notKept} more`);
    };
    return { show, end };
  }

  async #writer(file: string): Promise<(seen: Seen) => void> {
    const { appendFileSync, writeFileSync } = await import('node:fs');
    const { PcapngWriter } = await import('../src/diagnostics/pcapng.js');
    writeFileSync(file, '');
    const writer = new PcapngWriter((octets) => appendFileSync(file, octets));
    const ids = new Map<string, number>();
    return ({ link, linkType, nanoseconds, octets, originalLength }) => {
      const key = `${linkType} ${link}`;
      let id = ids.get(key);
      if (id === undefined) ids.set(key, (id = writer.interface(link, linkType)));
      writer.packet(id, nanoseconds, octets, originalLength);
    };
  }
}

/** What is no signalling. */
const QUIET: ReadonlySet<PacketClass> = new Set<PacketClass>(['data', 'echo']);
