/**
 * What tshark says of a packet, as flat text: every field it split, in order. Packets go through a pcap of our own making.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Each field's values in the order of the packet, as shown by tshark. */
export type Fields = ReadonlyMap<string, readonly string[]>;

export const hasTshark = spawnSync('tshark', ['--version']).status === 0;

/** One answer a frame of Ethernet. */
export function tshark(packets: readonly Uint8Array[]): Fields[] {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-golden-'));
  try {
    const file = join(folder, 'rows.pcap');
    writeFileSync(file, pcap(packets));
    const checks = ['udp.check_checksum:TRUE', 'ip.defragment:FALSE', 'ipv6.defragment:FALSE'];
    const args = [
      '-n',
      '-r',
      file,
      '-T',
      'json',
      '--no-duplicate-keys',
      ...checks.flatMap((c) => ['-o', c]),
    ];
    const run = spawnSync('tshark', args, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: { ...process.env, TZ: 'UTC' },
    });
    if (run.status !== 0) throw new Error(`tshark: ${run.stderr}`);
    const shown = JSON.parse(run.stdout) as { _source: { layers: Record<string, unknown> } }[];
    return shown.map(({ _source }) => flat(_source.layers));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function pcap(packets: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(packets.reduce((sum, packet) => sum + 16 + packet.length, 24));
  const view = new DataView(out.buffer);
  [0xa1b2c3d4, 0x00040002, 0, 0, 65535, LINKTYPE_ETHERNET].forEach((n, i) =>
    view.setUint32(4 * i, n, true),
  );
  let at = 24;
  for (const packet of packets) {
    view.setUint32(at + 8, packet.length, true);
    view.setUint32(at + 12, packet.length, true);
    out.set(packet, at + 16);
    at += 16 + packet.length;
  }
  return out;
}

function flat(layers: unknown): Fields {
  const out = new Map<string, string[]>();
  const walk = (node: unknown, key: string): void => {
    if (Array.isArray(node)) return node.forEach((item) => walk(item, key));
    if (typeof node === 'object' && node !== null) {
      for (const [name, inner] of Object.entries(node)) walk(inner, name);
      return;
    }
    const list = out.get(key);
    if (list) list.push(String(node));
    else out.set(key, [String(node)]);
  };
  walk(layers, '');
  return out;
}

const LINKTYPE_ETHERNET = 1;
