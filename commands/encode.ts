import * as Args from '@oclif/core/args';
import { BaseCommand } from '../src/cli/base-command.js';

export default class Encode extends BaseCommand {
  static override summary = 'make the octets of a packet from JSON';
  static override description =
    'Takes what "decode --json" prints, or layers written by hand: an object with "layers", an array of layers, or one layer. Lengths, checksums and next headers that the JSON leaves out are computed; those it has are written as they are, right or wrong. Numbers with names may be given as numbers, flags as letters.';
  static override examples = [
    '<%= config.bin %> decode 3b000a005de90000 --json | <%= config.bin %> encode',
    `<%= config.bin %> encode '{"src":"2001:db8:a::1","dst":"2001:db8:a::100","layers":[{"layer":"mh","fields":{"type":"Binding Acknowledgement","status":0,"flags":"K","sequence":7,"lifetime":600}}]}'`,
  ];
  static override strict = false;
  static override args = {
    input: Args.string({
      ignoreStdin: true,
      description: 'JSON, or a file of it; - or nothing for standard input',
    }),
  };

  override async run(): Promise<{ hex: string; length: number }> {
    const { argv } = await this.parse(Encode);
    const { readText } = await import('../src/diagnostics/decode-input.js');
    const { encodeLayers } = await import('../src/diagnostics/layers/encode-layers.js');
    const { EncodeError } = await import('../src/diagnostics/layers/json.js');
    const { toHex } = await import('../src/base/bytes.js');
    const text = await readText(argv as string[], this.standardInput);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : '';
      throw new EncodeError('ENCODE_JSON', 'input', `JSON (${why})`, text.trim());
    }
    const octets = encodeLayers(json);
    const hex = toHex(octets);
    this.log(hex);
    return { hex, length: octets.length };
  }
}
