import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { IpAddress } from '../src/base/address.js';
import { BaseCommand } from '../src/cli/base-command.js';
import { STARTS, type Decoded, type Start } from '../src/diagnostics/layers/model.js';

interface DecodeAnswer extends Decoded {
  readonly as: Start;
  readonly src?: IpAddress;
  readonly dst?: IpAddress;
}

export default class Decode extends BaseCommand {
  static override summary = 'take a packet apart, octet by octet';
  static override description =
    'From hexadecimal, a file of it, a capture (pcap, pcapng, gzip or not: every packet), or standard input. What is cut or wrong is shown up to where it breaks, with what a strict receiver would refuse and the clause it would cite; the exit code is 1 when it breaks. --batch answers a stream of JSON objects {"as","hex","src","dst","id"}, a line each, and always ends with 0. What --json prints, "encode" takes back.';
  static override examples = [
    '<%= config.bin %> decode 3b010600d9d487000009000001020000 --as mh',
    '<%= config.bin %> decode handover.pcapng --json | jq -c .issues',
    `echo '{"id":1,"as":"mh","hex":"3b000a005de90000"}' | <%= config.bin %> decode --batch`,
  ];
  static override strict = false;
  static override args = {
    input: Args.string({
      ignoreStdin: true,
      description: 'hexadecimal octets, or a file; - or nothing for standard input',
    }),
  };
  static override flags = {
    as: Flags.string({
      options: ['auto', ...STARTS],
      default: 'auto',
      helpValue: 'WHAT',
      description: `where the octets start: ${STARTS.join(', ')}`,
    }),
    src: Flags.string({
      helpValue: 'ADDRESS',
      description: 'source, for checksums of what starts above IP',
    }),
    dst: Flags.string({ helpValue: 'ADDRESS', description: 'destination, likewise' }),
    batch: Flags.boolean({ description: 'a JSON object a line in, one a line out' }),
  };

  override async run(): Promise<DecodeAnswer | undefined> {
    const { argv, flags } = await this.parse(Decode);
    if (flags.batch) return this.#batch(argv as string[]);
    const ends = await this.#endpoints(flags);
    const { readDecodeInput } = await import('../src/diagnostics/decode-input.js');
    const input = await readDecodeInput(argv as string[], this.standardInput);
    if (input.kind === 'capture') return this.#capture(input.octets);
    const { guessStart } = await import('../src/diagnostics/layers/guess.js');
    const { UsageError } = await import('../src/base/error.js');
    const as = flags.as === 'auto' ? guessStart(input.octets) : (flags.as as Start);
    if (as === undefined) {
      throw new UsageError(
        'DECODE_GUESS',
        'These octets could be anything.',
        `Say what they are with --as: ${STARTS.join(', ')}.`,
      );
    }
    const { decodeLayers } = await import('../src/diagnostics/layers/decode-layers.js');
    const decoded = decodeLayers(input.octets, as, ends);
    if (!decoded.ok) process.exitCode = 1;
    if (!this.jsonEnabled()) {
      const { treeText } = await import('../src/diagnostics/tree.js');
      this.log(treeText(decoded, this.style));
    }
    return { as, ...ends, ...decoded };
  }

  async #endpoints(flags: {
    readonly src: string | undefined;
    readonly dst: string | undefined;
  }): Promise<{ src?: IpAddress; dst?: IpAddress }> {
    if (flags.src === undefined && flags.dst === undefined) return {};
    const { parseAddress } = await import('../src/base/address.js');
    const { UsageError } = await import('../src/base/error.js');
    const ends: { src?: IpAddress; dst?: IpAddress } = {};
    for (const name of ['src', 'dst'] as const) {
      const text = flags[name];
      if (text === undefined) continue;
      const address = parseAddress(text);
      if (address === undefined)
        throw new UsageError('ADDRESS_SYNTAX', `--${name} ${text} is no IP address.`);
      ends[name] = address;
    }
    return ends;
  }

  /** A tree a packet, or a JSON object a line. */
  async #capture(octets: Uint8Array): Promise<undefined> {
    const { capturePackets, startOf } = await import('../src/diagnostics/capture-file.js');
    const { decodeLayers } = await import('../src/diagnostics/layers/decode-layers.js');
    const { treeText } = await import('../src/diagnostics/tree.js');
    const { isoTime } = await import('../src/diagnostics/time-text.js');
    const { writeOut } = await import('../src/cli/write-out.js');
    for (const packet of capturePackets(octets)) {
      await this.breathe();
      const { number, reassembled, nanoseconds } = packet;
      const { name: link, linkType } = packet.interface;
      const as = startOf(linkType, packet.octets);
      const head = {
        number,
        at: isoTime(nanoseconds),
        link,
        ...(reassembled ? { reassembled } : {}),
      };
      const decoded =
        as === undefined
          ? {
              ok: false,
              error: { code: 'CAPTURE_LINKTYPE', message: `Link type ${linkType} is not opened.` },
            }
          : { as, ...decodeLayers(packet.octets, as) };
      if (this.jsonEnabled()) {
        const answer = { ...head, ...decoded };
        if (this.caller) this.logJsonLine(answer);
        else await writeOut(`${JSON.stringify(answer)}\n`);
        continue;
      }
      const title =
        `packet ${number}${reassembled ? ' reassembled' : ''}  ${head.at}  ${link}`.trimEnd();
      const body = 'layers' in decoded ? treeText(decoded, this.style) : decoded.error.message;
      await writeOut(`${this.style.heading(title)}\n${body}\n\n`);
    }
    return undefined;
  }

  async #batch(argv: readonly string[]): Promise<undefined> {
    const { answerLines } = await import('../src/diagnostics/batch.js');
    const { writeOut } = await import('../src/cli/write-out.js');
    const [file] = argv;
    if (file === undefined || file === '-') await answerLines(this.standardInput(), writeOut);
    else {
      const { createReadStream } = await import('node:fs');
      await answerLines(createReadStream(file), writeOut);
    }
    return undefined;
  }
}
