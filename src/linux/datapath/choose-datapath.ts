/** Which datapath a daemon gets, and why. */
import { LinuxError } from '../error.js';
import { canForward, USER_SPACE, type Abilities } from './abilities.js';
import { probeAbilities, type Finding, type Probed } from './probe-abilities.js';

export type DatapathChoice = 'auto' | 'kernel' | 'userspace';

export interface ChosenDatapath {
  readonly abilities: Abilities;
  /** For people: `kernel`, `user space`, and what is not as it could be. */
  readonly words: string;
}

/** Throws `LinuxError` `DATAPATH` where the kernel datapath is asked for and cannot be. */
export async function chooseDatapath(choice: DatapathChoice): Promise<ChosenDatapath> {
  if (choice === 'userspace') return { abilities: USER_SPACE, words: 'user space' };
  const probed = await probeOrFailure();
  if (probed instanceof LinuxError) {
    if (choice === 'auto') return { abilities: USER_SPACE, words: 'user space' };
    throw new LinuxError('DATAPATH', `The kernel datapath cannot be tried: ${probed.message}`, {
      errno: probed.errno,
    });
  }
  const { abilities, findings } = probed;
  if (canForward(abilities)) return { abilities, words: wordsFor(probed) };
  if (choice === 'auto') return { abilities: USER_SPACE, words: 'user space' };
  const missing = findings.filter((f) => f.failure && NEEDED.has(f.ability));
  const said = missing.map((f) => f.failure!.message).join(' ');
  throw new LinuxError('DATAPATH', `This kernel cannot be the datapath. ${said}`, {
    way: 'Use `Datapath userspace;`, or a kernel with CONFIG_IPV6_MIP6, ip6_tunnel and sit.',
  });
}

function wordsFor({ abilities, findings }: Probed): string {
  if (abilities.udpTunnels) return 'kernel';
  const why = findings.find((f) => f.ability === 'udpTunnels')?.failure?.message;
  return `kernel; tunnels in UDP in user space: ${why ?? 'nftables here does not see IP packets.'}`;
}

async function probeOrFailure(): Promise<Probed | LinuxError> {
  try {
    return await probeAbilities();
  } catch (error) {
    if (error instanceof LinuxError) return error;
    throw error;
  }
}

const NEEDED: ReadonlySet<Finding['ability']> = new Set([
  'mobileIpv6',
  'tunnels6',
  'tunnels4',
  'nft',
]);
