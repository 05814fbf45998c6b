/** Which datapath a daemon gets, and why. */
import { LinuxError, sentenceOf } from '../error.js';
import { canForward, USER_SPACE, type Abilities } from './abilities.js';
import { probeAbilities, type Finding, type Probed } from './probe-abilities.js';

export type DatapathChoice = 'auto' | 'kernel' | 'userspace';

export interface ChosenDatapath {
  readonly abilities: Abilities;
  /** For people: `kernel`, `user space`, and what is not as it could be. */
  readonly words: string;
  /** Why it is this one, in sentences. */
  readonly why: string;
}

/** Throws `LinuxError` `DATAPATH` where the kernel datapath is asked for and cannot be. */
export async function chooseDatapath(choice: DatapathChoice): Promise<ChosenDatapath> {
  if (choice === 'userspace') return userSpace('The configuration asks for it.');
  const probed = await probeOrFailure();
  if (!(probed instanceof LinuxError) && canForward(probed.abilities)) {
    return { abilities: probed.abilities, words: wordsFor(probed), why: 'This kernel can.' };
  }
  const why = whyNot(probed);
  if (choice === 'auto') return userSpace(why);
  throw new LinuxError('DATAPATH', why, {
    errno: probed instanceof LinuxError ? probed.errno : undefined,
    way: 'Use `Datapath userspace;`, or a kernel with CONFIG_IPV6_MIP6, ip6_tunnel and sit.',
  });
}

const userSpace = (why: string): ChosenDatapath => ({
  abilities: USER_SPACE,
  words: 'user space',
  why,
});

function whyNot(probed: Probed | LinuxError): string {
  if (probed instanceof LinuxError) {
    return `The kernel datapath cannot be tried: ${sentenceOf(probed)}`;
  }
  const { abilities, findings } = probed;
  const missing = findings.filter(
    ({ ability, failure }) =>
      failure && (NEEDED.has(ability) || (ability === 'nft' && abilities.admission === null)),
  );
  const said = missing.map((f) => sentenceOf(f.failure!)).join(' ');
  return `This kernel cannot be the datapath. ${said}`;
}

function wordsFor({ abilities, findings }: Probed): string {
  if (abilities.udpTunnels) return 'kernel';
  const failure = findings.find((f) => f.ability === 'udpTunnels')?.failure;
  const why = failure ? sentenceOf(failure) : 'nftables here does not see IP packets.';
  return `kernel; tunnels in UDP in user space: ${why}`;
}

async function probeOrFailure(): Promise<Probed | LinuxError> {
  try {
    return await probeAbilities();
  } catch (error) {
    if (error instanceof LinuxError) return error;
    throw error;
  }
}

const NEEDED: ReadonlySet<Finding['ability']> = new Set(['mobileIpv6', 'tunnels6', 'tunnels4']);
