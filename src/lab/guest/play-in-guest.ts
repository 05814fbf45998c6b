/** A lab played by this same program inside a guest kernel, with our standard output as its own. */
import { resolve } from 'node:path';
import { UsageError } from '../../base/error.js';
import type { Millis } from '../../base/time.js';
import type { LabFile } from '../library.js';
import type { Lab } from '../model.js';
import { programCommand } from '../netns/program.js';
import type { PlayOptions } from '../play.js';
import { guestEnvironment } from './around.js';
import type { GuestKind } from './guest.js';
import { makeGuest } from './make.js';

/** Gives the exit code of the lab there. Throws `GuestError`, `UsageError`, and the reason of `signal`. */
export async function playInGuest(
  file: LabFile,
  kind: GuestKind,
  options: PlayOptions,
  signal: AbortSignal,
): Promise<number> {
  if (options.keep) {
    const what = 'A lab in a guest kernel cannot be left up: nothing leads into it from here.';
    throw new UsageError('LAB_GUEST', what, 'Leave --keep out, or use --world netns.');
  }
  const guest = await makeGuest(kind, options.kernel, (sentence) =>
    options.progress?.(sentence, false),
  );
  const pcap = options.pcap === undefined ? undefined : resolve(options.pcap);
  const { code } = await guest.run(innerCommand(file, options, pcap), {
    cwd: process.cwd(),
    environment: {
      ...guestEnvironment(guest),
      ...(options.colour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
    },
    writable: pcap === undefined ? [] : [pcap],
    memory: MEMORY,
    timeoutMs: patience(file.lab, guest.slowness),
    onOutput: (stream, octets) => void process[stream].write(octets),
    onProgress: options.progress,
    signal,
  });
  return code;
}

/** `pcap` is absolute: the folder is at the same place there. */
export function innerCommand(
  { file }: Pick<LabFile, 'file'>,
  { json, datapath }: Pick<PlayOptions, 'json' | 'datapath'>,
  pcap: string | undefined,
): string[] {
  return [
    ...programCommand(),
    ...['lab', 'run', resolve(file), '--world', 'netns'],
    ...(pcap === undefined ? [] : ['--pcap', pcap]),
    ...(datapath === undefined ? [] : ['--datapath', datapath]),
    ...(json ? ['--json'] : []),
  ];
}

/** For the script as slow as it may be, and for what comes before and after it. */
function patience(lab: Lab, slowness: number): Millis {
  const script = lab.moves.reduce((sum, move) => sum + move.after + move.settle, lab.start.settle);
  return slowness * (2 * script + BESIDE);
}

const MEMORY = 1536; // MiB
/** Programs started, daemons up and down, checks. */
const BESIDE: Millis = 180_000;
