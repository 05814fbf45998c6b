/**
 * Finds out what this kernel can do of a datapath by doing it, in a namespace that goes away again. Some 20 ms; the
 * modules that it takes are loaded then.
 */
import { Bench, type Attempt } from '../attempts/bench.js';
import { flower, nftInet } from '../attempts/filters.js';
import { signallingByXfrm } from '../attempts/mobile-ipv6.js';
import { encapFou, guePort, ip6tnl, ip6tnlExternal, sit } from '../attempts/tunnels.js';
import type { LinuxError } from '../error.js';
import type { Abilities } from './abilities.js';

/** One thing that a kernel can do or not, and why not. */
export interface Finding {
  readonly ability: 'mobileIpv6' | 'tunnels6' | 'tunnels4' | 'udpTunnels' | 'nft' | 'flower';
  /** Undefined: it can. */
  readonly failure: LinuxError | undefined;
}

export interface Probed {
  readonly abilities: Abilities;
  readonly findings: readonly Finding[];
}

/** Throws `LinuxError` where no namespace can be made to try in. */
export async function probeAbilities(): Promise<Probed> {
  const bench = new Bench();
  try {
    const findings: Finding[] = [];
    for (const [ability, ...attempts] of ATTEMPTS) {
      const failure = await bench.failureOf(async (b) => {
        for (const attempt of attempts) await attempt(b);
      });
      findings.push({ ability, failure });
    }
    return { abilities: abilitiesFrom(findings), findings };
  } finally {
    bench.close();
  }
}

function abilitiesFrom(findings: readonly Finding[]): Abilities {
  const can = (ability: Finding['ability']): boolean =>
    findings.some((f) => f.ability === ability && f.failure === undefined);
  return {
    mobileIpv6: can('mobileIpv6'),
    tunnels6: can('tunnels6'),
    tunnels4: can('tunnels4'),
    // Only nftables sees the outer address and port of a tunnel in UDP.
    udpTunnels: can('udpTunnels') && can('nft'),
    admission: can('nft') ? 'nft' : can('flower') ? 'flower' : null,
  };
}

const ATTEMPTS = [
  ['mobileIpv6', signallingByXfrm],
  ['tunnels6', ip6tnl, ip6tnlExternal],
  ['tunnels4', sit],
  ['udpTunnels', guePort, encapFou],
  ['nft', nftInet],
  ['flower', flower],
] as const satisfies readonly (readonly [Finding['ability'], ...Attempt[]])[];
